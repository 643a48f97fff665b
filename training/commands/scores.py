"""How scores are shown on a terminal."""

from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from training.wording import (
    ACCURACY,
    LISTS,
    MEANINGS,
    SEGMENTS,
    ahead,
    by_task,
    number,
    task_title,
    verdict,
    window_title,
)

SHORT = ("hit_rate", "recall", "ndcg", "mrr")
STYLES = {"better": "green", "worse": "red", "even": "yellow"}


def score_tables(metrics: Mapping[str, Any], *, details: bool = False) -> RenderableType:
    """An evaluation as tables, one a task; a sentence where there is none."""
    if "skipped" in metrics:
        return f"Not judged: {metrics['skipped']}."
    shown: list[RenderableType] = [Text(window_title(metrics["window"]), style="bold")]
    for task, rows in by_task(metrics["results"]).items():
        shown.append(_accuracy(task, rows, metrics["against"]))
        if details:
            shown += [_every_metric(rows), _lists(rows), _depths(rows), *_segments(task, metrics["segments"])]
    notes = [f"{name}: {meaning}" for name, meaning in MEANINGS.items()] if details else ["More: --details."]
    shown.append(Text("\n".join(["± and []: 95 % intervals over the cases.", *notes]), style="dim"))
    return Group(*shown)


def comparison_table(comparison: Mapping[str, Any]) -> RenderableType:
    """What changed from one artifact to another."""
    table = _table(f"{comparison['before']} → {comparison['after']}, on the same cases")
    for heading in ("task", "by", "metric"):
        table.add_column(heading)
    for heading in ("cases", "before", "after", "difference [95 %]"):
        table.add_column(heading, justify="right")
    for row in comparison["differences"]:
        low, high = row["interval"]
        named = (row["task"], row["by"], ACCURACY[row["metric"]], str(row["cases"]))
        means = (f"{row['before']:.3f}", f"{row['after']:.3f}")
        table.add_row(*named, *means, _difference(row["difference"], low, high))
    return table


def _accuracy(task: str, rows: list[dict[str, Any]], against: list[dict[str, Any]]) -> Table:
    table = _table(f"{task_title(task)} · {rows[0]['cases']:,} cases")
    table.add_column("by", min_width=18)
    for name in SHORT:
        table.add_column(ACCURACY[name], justify="right")
    best = next((row["against"] for row in against if (row["task"], row["metric"]) == (task, "ndcg")), None)
    table.add_column(f"NDCG - {best}" if best else "", justify="right")
    for row in rows:
        found = ahead(against, task, row["by"], "ndcg")
        gap = _difference(found["ahead"], *found["interval"]) if found else ""
        table.add_row(row["by"], *_values(row), gap, style="dim" if row["baseline"] else None)
    return table


def _values(row: Mapping[str, Any]) -> Iterator[str]:
    for name in SHORT:
        low, high = row["intervals"][name]
        spread = f" ±{(high - low) / 2:.3f}" if name in {"recall", "ndcg"} else ""
        yield f"{row[name]:.3f}{spread}"


def _every_metric(rows: list[dict[str, Any]]) -> Table:
    return _columns("Accuracy, with intervals", rows, ACCURACY, lambda row, name: _spanned(row, name))


def _lists(rows: list[dict[str, Any]]) -> Table:
    return _columns("The lists as a whole", rows, LISTS, lambda row, name: number(row[name]))


def _depths(rows: list[dict[str, Any]]) -> Table:
    depths = {str(k): f"@{k}" for k, _ in rows[0]["recall_at"]}
    return _columns("Recall by length of the list", rows, depths, lambda row, k: number(_at(row, int(k))))


def _segments(task: str, segments: list[dict[str, Any]]) -> Iterator[Table]:
    rows = [row for row in segments if row["task"] == task]
    if not rows:
        return
    judges = [*dict.fromkeys(row["by"] for row in rows)]
    table = _table("Recall by segment")
    table.add_column("segment")
    table.add_column("cases", justify="right")
    for by in judges:
        table.add_column(by, justify="right")
    for key, title in SEGMENTS.items():
        found = {row["by"]: row for row in rows if (row["segment"], row["name"]) == key}
        if found:
            cases = next(iter(found.values()))["cases"]
            table.add_row(title, f"{cases:,}", *(number(found[by]["recall"]) for by in judges))
    yield table


def _columns(title: str, rows: list[dict[str, Any]], names: Mapping[str, str], cell: Any) -> Table:
    table = _table(title)
    table.add_column("by", min_width=18)
    for heading in names.values():
        table.add_column(heading, justify="right")
    for row in rows:
        table.add_row(row["by"], *(cell(row, name) for name in names), style="dim" if row["baseline"] else None)
    return table


def _table(title: str) -> Table:
    return Table(title=title, title_justify="left", title_style="", expand=False)


def _spanned(row: Mapping[str, Any], name: str) -> str:
    low, high = row["intervals"][name]
    return f"{row[name]:.3f}\n[{low:.3f} {high:.3f}]".replace("[", "\\[")


def _at(row: Mapping[str, Any], depth: int) -> float:
    found: float = dict(row["recall_at"])[depth]
    return found


def _difference(value: float, low: float, high: float) -> str:
    style = STYLES[verdict(low, high)]
    return f"[{style}]{value:+.3f}[/{style}] \\[{low:+.3f} {high:+.3f}]"
