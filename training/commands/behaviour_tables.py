"""What customers and visitors do, as tables of a terminal."""

from collections.abc import Callable, Mapping
from typing import Any

from rich.table import Table

from training.behaviour.paths import To
from training.behaviour.wording import duration, label, share


def triangle_table(document: Mapping[str, Any]) -> Table:
    """Cohorts by how many came back so many periods later."""
    who = f"{document['shop']}: {document['customers']:,} customers"
    return _triangle(document, f"{who}; share who ordered again so many {document['every']}s later", "share", share)


def spending_table(document: Mapping[str, Any]) -> Table:
    """Cohorts by what a customer brought so many periods later."""
    title = f"Revenue of a customer so many {document['every']}s later, {document['currency'] or ''}".rstrip(", ")
    return _triangle(document, title, "revenue_per_customer", "{:,.2f}".format)


def _triangle(document: Mapping[str, Any], title: str, value: str, written: Callable[[float], str]) -> Table:
    every, rows = document["every"], document["cohorts"]
    table = Table(title=title, title_justify="left", caption="… not over yet" if rows else None)
    widest, first = max((len(row["periods"]) for row in rows), default=1), int(value == "share")
    for heading in (f"first order, {every} of", "customers", *(str(after) for after in range(first, widest))):
        table.add_column(heading, justify="left" if heading.startswith("first") else "right")
    for row in rows:
        cells = [
            written(cell[value]) if cell["complete"] else f"{written(cell[f'{value}_so_far'])}…"
            for cell in row["periods"][first:]
        ]
        table.add_row(f"{row['begins']:%Y-%m-%d}", f"{row['customers']:,}", *cells)
    if rows:
        average = {cell["after"]: written(cell[value]) for cell in document["average"]}
        table.add_row("all of them", "", *(average.get(after, "") for after in range(first, widest)), style="bold")
    return table


def funnel_table(document: Mapping[str, Any], group: Mapping[str, Any]) -> Table:
    """The steps of one group."""
    of = "" if group["by"] is None else f", {group['by'].replace('_', ' ')} {group['group']}"
    title = f"{document['unit'].capitalize()}s{of}: {share(group['conversion'])} of those who begin come to the end"
    table = Table(title=title, title_justify="left")
    for heading in ("step", f"{document['unit']}s", "of first", "to next", "median time", "quartiles", "instead"):
        table.add_column(heading, justify="left" if heading in {"step", "instead"} else "right")
    for step in group["steps"]:
        times = step.get("seconds_to_next")
        quartiles = f"{duration(times['quartile_1'])} to {duration(times['quartile_3'])}" if times else ""
        instead = ", ".join(f"{label(one['did'])} {share(one['share'])}" for one in step.get("instead", [])[:3])
        table.add_row(
            step["step"], f"{step['count']:,}", share(step["of_first"]),
            share(step["to_next"]) if "to_next" in step else "", duration(times["median"]) if times else "", quartiles,
            instead,
        )  # fmt: skip
    return table


def paths_table(document: Mapping[str, Any]) -> Table:
    """The commonest paths."""
    end = "a purchase" if document["to"] == To.PURCHASE else "an exit"
    title = (
        f"{document['ending']:,} of {document['sessions']:,} sessions lead to {end}, on {document['different']:,} paths"
    )
    table = Table(title=title, title_justify="left")
    for heading in ("sessions", "share", f"last {document['steps']} steps"):
        table.add_column(heading, justify="left" if heading.startswith("last") else "right")
    for one in document["paths"]:
        way = " → ".join([*(label(step) for step in one["path"]), document["to"]])
        table.add_row(f"{one['sessions']:,}", share(one["share"]), way)
    return table
