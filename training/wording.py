"""How an evaluation is put into words, on a terminal and on a page."""

from collections.abc import Mapping
from typing import Any

TASKS = {
    "new_items": "What a known person chose next, of items new to them",
    "all_items": "What a known buyer bought next",
    "orders": "Another item of the same order, from one of it",
    "next_similar": "The next item of the session, from the last one",
    "next_new": "The next item of the session, new to it, from all before",
    "next_any": "The next item of the session, seen before or not",
}
ACCURACY = {
    "hit_rate": "hit rate",
    "recall": "recall",
    "precision": "precision",
    "ndcg": "NDCG",
    "mrr": "MRR",
    "map": "MAP",
}
LISTS = {
    "coverage": "coverage",
    "novelty": "novelty",
    "popularity": "popularity",
    "popularity_of_history": "of history",
    "diversity": "diversity",
    "same_category": "same category",
    "same_price_band": "same price",
}
MEANINGS = {
    "hit rate": "share of cases in which anything right was found",
    "recall": "hits as a share of what was right",
    "precision": "hits as a share of the list",
    "NDCG": "hits weighed by their place, the best order being 1",
    "MRR": "1 divided by the place of the first hit",
    "MAP": "precision at the place of each hit, the best order being 1",
    "coverage": "share of the catalogue that stands in any list",
    "novelty": "bits of surprise: a shown item was chosen by one person in 2 to the power of this",
    "popularity": "share of the catalogue that a shown item is more popular than",
    "of history": "the same of what the visitor had before",
    "diversity": "1 minus how alike the items of a list are",
    "same category": "share of a list in a category that the visitor, or the page, was about",
    "same price": "share of a list in the fifth of all prices where the visitor's middle price lies",
}
SEGMENTS = {
    ("visitor", "new"): "new visitors (at most 1 item known)",
    ("visitor", "light"): "light visitors (2 to 9)",
    ("visitor", "heavy"): "heavy visitors (10 and more)",
    ("item", "cold"): "cold items (nobody had them before)",
    ("item", "warm"): "warm items",
    ("item", "popular"): "popular items (half of all that is chosen)",
}


def number(value: float | None) -> str:
    """Three digits, or a dash where there is nothing to tell."""
    return "-" if value is None else f"{value:.3f}"


def task_title(name: str) -> str:
    """What the cases of a task ask."""
    return TASKS.get(name, name[:1].upper() + name[1:])


def window_title(window: Mapping[str, Any]) -> str:
    """What was judged, and how."""
    of = "" if window["recall_of"] == "list" else ", recall of all that was right"
    sampled = f", people drawn who have {window['sampled']:,} interactions" if "sampled" in window else ""
    how = f"first {window['size']} items of the whole catalogue{of}{sampled}"
    if "test" in window:
        return f"Model {window['model_version']} on the cases of {window['test']}, {how}"
    which = "the validation slice, " if window["on"] == "validation" else ""
    return f"Judged on {which}{window['from'][:10]} to {window['to'][:10]}, {how}"


def by_task(rows: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Rows of each task, in their order."""
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row["task"], []).append(row)
    return found


def ahead(rows: list[dict[str, Any]], task: str, by: str, metric: str) -> dict[str, Any] | None:
    """The row that says how far a strategy is before the best baseline."""
    named = (row for row in rows if (row["task"], row["by"], row["metric"]) == (task, by, metric))
    return next(named, None)


def verdict(low: float, high: float) -> str:
    """Whether a difference is more than chance: better, worse or even."""
    return "better" if low > 0 else "worse" if high < 0 else "even"
