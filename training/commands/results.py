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
from training.commands.time_left import TimeLeftColumn
from training.planning import Progress as Report

PLAIN_WIDTH = 160
"""Columns of a table that goes to a file or a pipe."""
STATE_STYLES = {"ready": "green", "warming": "yellow", "insufficient": "red"}


def console() -> Console:
    """Where results go."""
    found = Console()
    return found if found.is_terminal else Console(width=PLAIN_WIDTH)


def print_json(document: Mapping[str, Any]) -> None:
    """Print one JSON object for machines."""
    typer.echo(orjson.dumps(document, option=orjson.OPT_INDENT_2).decode())


@contextmanager
def training_progress(doing: str = "training") -> Iterator[Report]:
    """A bar on stderr with the time left; gone when it is done. Nothing is shown when stderr is no terminal."""
    error = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), TimeLeftColumn())
    with Progress(*columns, console=error, transient=True, disable=not error.is_terminal) as bar:
        task = bar.add_task(doing, total=1.0)
        yield lambda step, done: bar.update(task, description=step, completed=done)


def readiness_table(strategies: Mapping[Strategy, Readiness | Status]) -> Table:
    """How far the data carries each strategy."""
    table = Table(title="Strategies", title_justify="left")
    for heading in ("strategy", "state", "why"):
        table.add_column(heading)
    for name, found in strategies.items():
        table.add_row(name, found.state.value, found.reason, style=STATE_STYLES[found.state])
    return table
