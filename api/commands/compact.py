"""`vitrine compact`: move acknowledged events into the log now."""

import json
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console

from api.bootstrap import utc_now
from api.settings import Settings
from recommender.collecting import collect


def compact(
    shop: Annotated[str | None, typer.Option(help="Only this shop; all of them when left out.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Answer for machines.")] = False,
) -> None:
    """Move acknowledged events into the log's Parquet files; running services do it by themselves.

    With VITRINE_STORE what this home has is shipped, and the log there is made of what all hosts have shipped.
    """
    settings = Settings.load()
    records = settings.records()
    names = records.shops.list() if shop is None else [records.shops.get(shop).name]
    found = {name: collect(settings.workspace().shop(name), records, utc_now()) for name in names}
    records.close()
    if as_json:
        typer.echo(json.dumps({name: asdict(summary) for name, summary in found.items()}))
        return
    for name, summary in found.items():
        state = "another process is at it" if summary.busy else f"{summary.events} events moved"
        Console(stderr=True).print(f"{name}: {state}", highlight=False)
