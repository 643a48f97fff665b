"""What customers and visitors do, as a part of the report's page."""

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from training.behaviour.funnel import ALL
from training.behaviour.paths import To
from training.behaviour.sankey import sankey
from training.behaviour.wording import duration, label, share
from training.measuring.plots import bar
from training.templates import template

PATHS = 8
"""Paths that are written out below the flows."""
TITLES = {To.PURCHASE: "To a purchase", To.EXIT: "Out of the shop, without a purchase"}
HOTTEST = 60
"""Hundredths of the colour that the highest value has: on more of it text would be hard to read, in light or dark."""
NAMES = {"week": "%-d %b %Y", "month": "%b %Y"}


def section(found: Mapping[str, Any]) -> Markup:
    """The part of the page, as HTML; its colours are the page's.

    Args:
        found: see :meth:`training.behaviour.reading.Behaviour.everything`.
    """
    html: str = template("training.behaviour").render(
        found=found,
        cohorts=found["cohorts"],
        maps=_maps(found["cohorts"]),
        funnel=found["funnel"],
        whole=_steps(found["funnel"]["groups"][0]),
        splits=_splits(found["funnel"]["groups"]),
        ends=[_ways(one) for one in found["paths"]],
    )
    return Markup(html)  # noqa: S704 - the template escapes what it is given


def _maps(cohorts: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Two triangles: who came back, and what a customer spent."""
    rows, currency = cohorts["cohorts"], cohorts["currency"] or ""
    widest = max((len(row["periods"]) for row in rows), default=1)
    if widest < 2:
        return []
    spent = f"Revenue of a customer in that {cohorts['every']}, {currency}".rstrip(", ")
    again = _map(cohorts, f"Share who ordered again so many {cohorts['every']}s later", "share", 1, widest)
    return [again, _map(cohorts, spent, "revenue_per_customer", 0, widest)]


def _map(cohorts: Mapping[str, Any], title: str, value: str, first: int, widest: int) -> dict[str, Any]:
    written = share if value == "share" else _money
    cells = [cell for row in cohorts["cohorts"] for cell in row["periods"][first:]]
    # Everybody ordered in their first period: its colour would make all others pale.
    top = max((cell[value] for cell in cells if cell["complete"] and cell["after"]), default=0.0) or 1.0
    rows = [
        {
            "name": row["begins"].strftime(NAMES[cohorts["every"]]),
            "customers": f"{row['customers']:,}",
            "all": False,
            "cells": [_cell(cell, value, top) for cell in row["periods"][first:]],
        }
        for row in cohorts["cohorts"]
    ]
    mean = {cell["after"]: cell[value] for cell in cohorts["average"]}
    kept = [mean[after] for after in mean if after >= first]
    cells_of_all = [{"text": written(one), "heat": 0, "kind": "", "title": ""} for one in kept]
    rows.append({"name": "all of them", "customers": "", "all": True, "cells": cells_of_all})
    return {"title": title, "after": range(first, widest), "rows": rows}


def _cell(cell: Mapping[str, Any], value: str, top: float) -> dict[str, Any]:
    written = share if value == "share" else _money
    title = f"{cell['customers']:,} customers, {cell['orders']:,} orders, revenue {cell['revenue']:,.2f}"
    if not cell["complete"]:
        return {"text": f"{written(cell[f'{value}_so_far'])}…", "heat": 0, "kind": " open", "title": f"so far {title}"}
    heat = round(HOTTEST * cell[value] / top) if cell["after"] else 0
    return {"text": written(cell[value]), "heat": heat, "kind": "", "title": title}


def _money(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 or value == 0 else f"{value:,.2f}"


def _steps(group: Mapping[str, Any]) -> list[dict[str, Any]]:
    top = group["steps"][0]["count"]
    return [
        {
            "step": label(step["step"]),
            "count": step["count"],
            "svg": bar(step["count"], top, "strategy"),
            "of_first": share(step["of_first"]),
            "to_next": share(step["to_next"]) if "to_next" in step else "",
            **_times(step.get("seconds_to_next")),
            "instead": ", ".join(f"{label(one['did'])} {share(one['share'])}" for one in step.get("instead", [])[:3]),
        }
        for step in group["steps"]
    ]


def _times(seconds: Mapping[str, float] | None) -> dict[str, str]:
    if seconds is None:
        return {"median": "", "quartiles": ""}
    quartiles = f"{duration(seconds['quartile_1'])} to {duration(seconds['quartile_3'])}"
    return {"median": duration(seconds["median"]), "quartiles": quartiles}


def _splits(groups: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """One table for each way to tell sessions apart that tells anything."""
    found: dict[str, list[dict[str, Any]]] = {}
    for group in groups:
        if group["group"] != ALL or group["by"] is not None:
            counts = [f"{step['count']:,}" for step in group["steps"]]
            row = {"name": group["group"].replace("_", " "), "counts": counts, "conversion": share(group["conversion"])}
            found.setdefault(group["by"], []).append(row)
    told = {by: rows for by, rows in found.items() if [row["name"] for row in rows] != ["unknown"]}
    return [{"by": "first page" if by == "page_type" else by, "groups": rows} for by, rows in told.items()]


def _ways(one: Mapping[str, Any]) -> dict[str, Any]:
    title = f"{TITLES[To(one['to'])]}: {one['ending']:,} of {one['sessions']:,} sessions"
    paths = [
        {"share": share(path["share"]), "way": " → ".join([*map(label, path["path"]), one["to"]])}
        for path in one["paths"][:PATHS]
    ]
    return {"title": title, "notes": one["notes"], "svg": sankey(one["links"], title), "paths": paths}
