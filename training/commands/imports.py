"""`vitrine import`: files of events and of catalogue items."""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import orjson
import typer
from rich.console import Console

from recommender.errors import ImportingError
from recommender.events.names import EventName
from training.commands.progress import Steps, steps
from training.importing.catalog import CATALOG_FIELDS, import_catalog
from training.importing.columns import EVENT_FIELDS, parse_map
from training.importing.events import EventOptions, import_events
from training.importing.formats import CatalogFormat, EventFormat
from training.importing.source import Source
from training.importing.summary import ImportSummary, total
from training.settings import Settings

app = typer.Typer(help="Import events or catalogue items from files.", no_args_is_help=True, add_completion=False)

Shop = Annotated[str, typer.Option(help="Shop to import into.")]
Map = Annotated[list[str] | None, typer.Option("--map", help="field=column, where a column has another name.")]
Encoding = Annotated[str | None, typer.Option(help="Encoding of text files, if not UTF-8.")]
Json = Annotated[bool, typer.Option("--json", help="Print a JSON object for machines.")]


@app.command("events")
def events(
    files: Annotated[list[Path], typer.Argument(help="Files of events; .gz is read directly.", metavar="FILE…")],
    shop: Shop,
    form: Annotated[EventFormat | None, typer.Option("--format", help="Default: what the file looks like.")] = None,
    map_: Map = None,
    event: Annotated[
        list[str] | None, typer.Option(help="theirs=ours for an event's name, or one name for every row.")
    ] = None,
    encoding: Encoding = None,
    json: Json = False,
) -> None:
    """Import events; rows that the shop's log has already are not written again."""
    names, every = _event_names(event or [])
    options = EventOptions(form, parse_map(map_ or [], EVENT_FIELDS), names, every)
    settings = Settings()
    records = settings.records()
    try:
        with steps() as bars:
            summaries = [
                import_events(
                    _source(path, encoding, bars), shop, folder=settings.workspace().shop(shop), records=records,
                    now=datetime.now(UTC), options=options,
                    on_day=lambda done, days: bars.show("writing days", done, days),
                )
                for path in files
            ]  # fmt: skip
    finally:
        records.close()
    _report(shop, summaries, json)


@app.command("catalog")
def catalog(
    file: Annotated[Path, typer.Argument(help="File of items; .gz is read directly.", metavar="FILE")],
    shop: Shop,
    form: Annotated[CatalogFormat | None, typer.Option("--format", help="Default: what the file looks like.")] = None,
    map_: Map = None,
    encoding: Encoding = None,
    json: Json = False,
) -> None:
    """Import catalogue items; items that are there already are replaced."""
    mapping = parse_map(map_ or [], CATALOG_FIELDS)
    settings = Settings()
    records = settings.records()
    try:
        with steps() as bars:
            source = _source(file, encoding, bars)
            folder, now = settings.workspace().shop(shop), datetime.now(UTC)
            summary = import_catalog(source, shop, folder=folder, records=records, now=now, form=form, mapping=mapping)
    finally:
        records.close()
    _report(shop, [summary], json)


def _source(path: Path, encoding: str | None, bars: Steps) -> Source:
    size = path.stat().st_size if path.is_file() else 0
    return Source(path, encoding, lambda done: bars.show(f"reading {path.name}", done, size))


def _event_names(pairs: Iterable[str]) -> tuple[dict[str, str], EventName | None]:
    """`theirs=ours` pairs as a mapping, and the one name given without `=`."""
    names, every = {}, None
    for pair in pairs:
        theirs, _, ours = pair.rpartition("=")
        if ours not in set(EventName):
            raise ImportingError(f"--event: {ours!r} is not one of {', '.join(EventName)}")
        if theirs:
            names[theirs] = ours
        else:
            every = EventName(ours)
    return names, every


def _report(shop: str, summaries: list[ImportSummary], json: bool) -> None:
    if json:
        document = {"shop": shop, "files": [summary.document() for summary in summaries], **total(summaries)}
        typer.echo(orjson.dumps(document).decode())
        return
    console = Console()
    for summary in summaries:
        for line in _lines(summary):
            console.print(line, highlight=False, markup=False, soft_wrap=True)


def _lines(summary: ImportSummary) -> list[str]:
    if summary.unchanged:
        return [f"{summary.file}: imported before, nothing changed"]
    parts = [f"{summary.rows:,} rows read", f"{summary.written:,} written", f"{summary.known:,} known already"]
    lines = [f"{summary.file} ({summary.format}): {', '.join(parts)}"]
    for name in ("rejected", "skipped", "noted"):
        counts = getattr(summary, name)
        if counts:
            lines.append(f"  {name}: " + ", ".join(f"{count:,} {reason}" for reason, count in counts.items()))
    return [*lines, f"  rejects: {summary.rejects_file}"] if summary.rejects_file else lines
