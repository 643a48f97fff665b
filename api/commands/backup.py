"""`vitrine backup` and `vitrine restore`: a shop as one file."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from api.bootstrap import utc_now
from api.settings import Settings
from recommender.archives.backup import back_up
from recommender.archives.restore import restore as put_back

AsJson = Annotated[bool, typer.Option("--json", help="Answer for machines.")]


def backup(
    shop: Annotated[str, typer.Option(help="The shop.")],
    to: Annotated[Path, typer.Option(help="File to write; keep it as safe as the shop's keys, which it holds.")],
    all_artifacts: Annotated[
        bool, typer.Option("--all-artifacts", help="Every model; only the one in service when left out.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Write a shop to one file, while it is served: log, catalogue, configuration, keys, codes, cashback, model."""
    settings = Settings.load()
    records, said = settings.records(), Console(stderr=True)
    with said.status(f"{shop}: writing {to}"):
        made = back_up(settings.workspace(), records, shop, to, now=utc_now, all_models=all_artifacts)
    records.close()
    size = to.stat().st_size
    if as_json:
        told = {"shop": shop, "file": str(to), "bytes": size, "files": made.files, "rows": made.rows}
        typer.echo(json.dumps({**told, "model_version": made.model}))
        return
    said.print(f"{shop}: {made.rows} rows and {made.files} files in {to}, {size / 1e6:.1f} MB", highlight=False)


def restore(
    file: Annotated[Path, typer.Argument(help="What `vitrine backup` wrote.")],
    shop: Annotated[str | None, typer.Option(help="Another name; the copy gets keys of its own.")] = None,
    as_json: AsJson = False,
) -> None:
    """Put a shop back out of a backup, here or on another installation; whole, or not at all."""
    settings = Settings.load()
    records, said = settings.records(), Console(stderr=True)
    with said.status(f"reading {file}"):
        made = put_back(settings.workspace(), records, file, now=utc_now(), shop=shop)
    records.close()
    keys = {} if made.keys is None else {"public_key": made.keys.public_key, "secret_key": made.keys.secret_key}
    if as_json:
        told = {"shop": made.shop, "made_at": made.header.made_at.isoformat(), "rows": made.contents.rows}
        typer.echo(json.dumps({**told, "files": made.contents.files, "model_version": made.contents.model, **keys}))
        return
    said.print(f"{made.shop}: as of {made.header.made_at:%Y-%m-%d %H:%M} UTC", highlight=False)
    for name, key in keys.items():
        typer.echo(f"{name.replace('_', ' ')}: {key}")
