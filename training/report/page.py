"""One self-contained page of an evaluation."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from markupsafe import Markup

from recommender.errors import InputError
from training.report.drawing import Curves, gap, whisker
from training.templates import template
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


def write_page(file: Path, shop: str, metrics: Mapping[str, Any]) -> None:
    """Write the page.

    Raises:
        InputError: the file cannot be written.
    """
    try:
        file.write_text(page(shop, metrics), "utf-8")
    except OSError as error:
        raise InputError("--html", str(file), f"name a file that can be written ({error.strerror})") from None


def page(shop: str, metrics: Mapping[str, Any]) -> str:
    """The page, as HTML."""
    judged = "skipped" not in metrics
    html: str = template("training.report", number=number).render(
        shop=shop,
        title=window_title(metrics["window"]) if judged else f"Not judged: {metrics['skipped']}.",
        tasks=[_task(name, rows, metrics) for name, rows in by_task(metrics.get("results", [])).items()],
        accuracy=ACCURACY,
        lists=LISTS,
        meanings=MEANINGS,
    )
    return html


def _task(name: str, rows: list[dict[str, Any]], metrics: Mapping[str, Any]) -> dict[str, Any]:
    kinds = {row["by"]: _kind(row) for row in rows}
    return {
        "title": task_title(name),
        "cases": rows[0]["cases"],
        "rows": rows,
        "kinds": kinds,
        "bars": {metric: _bars(rows, metric, kinds) for metric in ("ndcg", "recall")},
        "gaps": _gaps(name, rows, metrics["against"]),
        "curves": Curves({row["by"]: (kinds[row["by"]], row["recall_at"]) for row in rows}).svg(),
        "segments": _segments(name, metrics["segments"], kinds),
    }


def _kind(row: Mapping[str, Any]) -> str:
    return "baseline" if row["baseline"] else "strategy"


def _bars(rows: list[dict[str, Any]], metric: str, kinds: Mapping[str, str]) -> dict[str, Markup]:
    top = max(row["intervals"][metric][1] for row in rows)
    return {row["by"]: whisker(row[metric], row["intervals"][metric], top, kinds[row["by"]]) for row in rows}


def _gaps(task: str, rows: list[dict[str, Any]], against: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    found = {row["by"]: ahead(against, task, row["by"], "ndcg") for row in rows}
    told = {by: row for by, row in found.items() if row is not None}
    reach = max((abs(end) for row in told.values() for end in row["interval"]), default=1.0)
    return {
        by: {**row, "svg": gap(row["ahead"], row["interval"], reach, verdict(*row["interval"]))}
        for by, row in told.items()
    }


def _segments(task: str, segments: list[dict[str, Any]], kinds: Mapping[str, str]) -> list[dict[str, Any]]:
    mine = [row for row in segments if row["task"] == task]
    top = max((row["recall_interval"][1] for row in mine), default=1.0)
    shown = []
    for key, title in SEGMENTS.items():
        rows = [row for row in mine if (row["segment"], row["name"]) == key]
        if rows:
            bars = [
                {**row, "svg": whisker(row["recall"], row["recall_interval"], top, kinds[row["by"]])} for row in rows
            ]
            shown.append({"title": title, "cases": rows[0]["cases"], "bars": bars})
    return shown
