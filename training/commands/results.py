"""How training and evaluation show their results on a terminal."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import orjson
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from recommender.artifact import Readiness
from recommender.strategy import Status, Strategy
from training.evaluation import BASELINES
from training.fitting import Progress as Report

PLAIN_WIDTH = 160
"""Columns of a table that goes to a file or a pipe."""
TASKS = {
    "new_items": "what a known person chose next, of items new to them",
    "all_items": "what a known buyer bought next",
    "orders": "another item of the same order",
    "next_similar": "the next item of the session, from the last one",
    "next_new": "the next item of the session, from all before",
    "next_any": "the next item of the session, seen before or not",
}
STATE_STYLES = {"ready": "green", "warming": "yellow", "insufficient": "red"}


def console() -> Console:
    """Where results go."""
    found = Console()
    return found if found.is_terminal else Console(width=PLAIN_WIDTH)


def print_json(document: Mapping[str, Any]) -> None:
    """Print one JSON object for machines."""
    typer.echo(orjson.dumps(document, option=orjson.OPT_INDENT_2).decode())


@contextmanager
def training_progress() -> Iterator[Report]:
    """A bar on stderr; gone when training is done."""
    error = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=error, transient=True, disable=not error.is_terminal) as bar:
        task = bar.add_task("training", total=1.0)
        yield lambda step, done: bar.update(task, description=step, completed=done)


def evaluation_table(metrics: Mapping[str, Any]) -> Table | str:
    """The evaluation as a table; a sentence where there is none."""
    if "skipped" in metrics:
        return f"Not judged: {metrics['skipped']}."
    window, size = metrics["window"], metrics["window"]["size"]
    table = Table(
        title=f"Judged on {window['from'][:10]} to {window['to'][:10]}, first {size} items", title_justify="left"
    )
    for heading in ("task", "by", "cases", "hit rate", "recall", "NDCG", "MRR"):
        table.add_column(heading, justify="left" if heading in {"task", "by"} else "right")
    for row in metrics["results"]:
        values = [f"{row[name]:.3f}" for name in ("hit_rate", "recall", "ndcg", "mrr")]
        style = "dim" if row["by"] in BASELINES else None
        table.add_row(TASKS[row["task"]], row["by"], str(row["cases"]), *values, style=style)
    return table


def readiness_table(strategies: Mapping[Strategy, Readiness | Status]) -> Table:
    """How far the data carries each strategy."""
    table = Table(title="Strategies", title_justify="left")
    for heading in ("strategy", "state", "why"):
        table.add_column(heading)
    for name, found in strategies.items():
        table.add_row(name, found.state.value, found.reason, style=STATE_STYLES[found.state])
    return table
