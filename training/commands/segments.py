"""`vitrine segments`: which there are, who is in them, and sending their members elsewhere."""

import secrets
import sys
import time
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer
from rich.table import Table

from recommender.engine.snapshot import Snapshot
from recommender.errors import InputError
from recommender.records import Shop
from recommender.retention.definitions import Webhook
from recommender.retention.population import Population
from recommender.retention.preview import MOST_EXAMPLES, preview
from recommender.retention.segments import Segment
from recommender.workspace import ShopFolder
from training.audiences.audience import Audience, Whose
from training.audiences.pushing import push
from training.audiences.webhook import Receiver, secret, shown
from training.commands.results import console, print_json, training_progress
from training.planning import Progress
from training.settings import Settings
from training.snapshots import served

app = typer.Typer(no_args_is_help=True, help="Segments: who is in them, and sending their members elsewhere.")

ShopName = Annotated[str, typer.Option("--shop", help="The shop.")]
Named = Annotated[str, typer.Option("--segment", help="A segment's name, or an expression.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]
Kind = Annotated[Whose, typer.Option("--whose", help="Accounts, browsers, or both.")]
STDOUT = Path("-")


class Opened(NamedTuple):
    """A shop, as it is served now."""

    shop: Shop
    folder: ShopFolder
    snapshot: Snapshot
    population: Population

    def segment(self, text: str, option: str) -> Segment:
        """The segment of a name or expression."""
        return self.snapshot.configuration.segmentation.parse(text, option)

    def audience(self, text: str, whose: Whose, option: str = "--segment") -> Audience:
        """Its members."""
        return Audience(self.shop.name, self.snapshot.version, self.segment(text, option), self.population, whose)


@app.command("list")
def list_segments(shop: ShopName, as_json: AsJson = False) -> None:
    """List a shop's segments: what each asks for, and how many are in it now."""
    opened, found = _opened(shop), []
    for name, segment in opened.snapshot.configuration.segmentation.named.items():
        sizes = preview(opened.population, segment)
        found.append({"segment": name, "words": segment.words, **sizes})
    if as_json:
        print_json({"shop": shop, "model_version": opened.snapshot.version, "segments": found})
        return
    table = Table(title=f"Segments of {shop}", title_justify="left")
    for heading in ("segment", "customers", "browsers", "when"):
        table.add_column(heading)
    for one in found:
        table.add_row(one["segment"], _size(one["customers"]), _size(one["visitors"]), one["when"])
    console().print(table)


@app.command("preview")
def preview_segment(
    shop: ShopName,
    when: Annotated[str, typer.Option(help="An expression, or a segment's name.")],
    examples: Annotated[int, typer.Option(help="How many members to name.", min=0, max=MOST_EXAMPLES)] = 5,
    as_json: AsJson = False,
) -> None:
    """Say how many customers and browsers meet an expression now; nothing is kept."""
    opened = _opened(shop)
    found = preview(opened.population, opened.segment(when, "--when"), examples)
    if as_json:
        print_json({"shop": shop, "model_version": opened.snapshot.version, **found})
        return
    out = console()
    out.print(f"customers: {_size(found['customers'])}", highlight=False)
    out.print(f"browsers: {_size(found['visitors'])}", highlight=False)
    if found["only_on_page"]:
        out.print(f"known only on a page: {', '.join(found['only_on_page'])}", highlight=False)
    for one in found["examples"]:
        out.print(f"  {one}", highlight=False, markup=False)


@app.command()
def members(
    shop: ShopName,
    segment: Named,
    whose: Kind = Whose.ALL,
    limit: Annotated[int, typer.Option(help="The most to show.", min=1)] = 100,
    as_json: AsJson = False,
) -> None:
    """Print members of a segment with what is known of them."""
    audience = _opened(shop).audience(segment, whose)
    found = [*islice(audience, limit)]
    if as_json:
        print_json({"shop": shop, "segment": audience.segment.name, "members_in_all": len(audience), "members": found})
        return
    table = Table(title=f"{audience.segment.name}: {len(found):,} of {len(audience):,} members", title_justify="left")
    for heading in ("customer", "browser", "orders", "spend", "days since order", "group"):
        table.add_column(heading)
    for one in found:
        values = ("customer_id", "visitor_id", "orders", "spend", "days_since_order", "rfm_group")
        table.add_row(*(_cell(one.get(name)) for name in values))
    console().print(table)


@app.command()
def export(
    shop: ShopName,
    segment: Named,
    to: Annotated[Path, typer.Option(help="File to write; - is the standard output.")] = STDOUT,
    whose: Kind = Whose.ALL,
    as_json: AsJson = False,
) -> None:
    """Write the members of a segment as CSV that a spreadsheet opens safely, with everything that is known of them."""
    audience = _opened(shop).audience(segment, whose)
    if to == STDOUT:
        audience.write(sys.stdout)
        return
    beside = to.with_name(f".{to.name}.{secrets.token_hex(4)}")
    try:
        with beside.open("w", encoding="utf-8", newline="") as file:
            count = audience.write(file)
        beside.replace(to)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise InputError("--to", str(to), f"name a file that can be written ({error.strerror})") from None
    if as_json:
        print_json({"shop": shop, "segment": audience.segment.name, "members": count, "file": str(to)})
    else:
        console().print(f"{count:,} members written to {to}", highlight=False, markup=False)


@app.command("push")
def push_segments(
    shop: ShopName,
    webhook: Annotated[str | None, typer.Option(help="One of the shop's webhooks; all of them when left out.")] = None,
    url: Annotated[str | None, typer.Option(help="Another receiver; needs --segment.")] = None,
    segment: Annotated[list[str] | None, typer.Option(help="Name or expression; may be repeated.")] = None,
    whose: Kind = Whose.ALL,
    as_json: AsJson = False,
) -> None:
    """Send members of segments to the shop's webhooks, signed, in batches; after a failure the same command goes on."""
    opened, settings = _opened(shop), Settings()
    sent: list[dict[str, Any]] = []
    for one in _receivers(opened, webhook, url, segment):
        receiver = Receiver(
            one.url,
            secret(opened.shop.signing_key),
            time.time,
            time.sleep,
            secrets.SystemRandom().random,
            internal=settings.webhooks_internal,
        )
        for text in one.segments:
            audience = opened.audience(text, whose)
            with training_progress() as progress:
                told = partial(_told, progress, f"{audience.segment.name} to {one.id}")
                pushed = push(audience, receiver, opened.folder.segments, told)
            sent.append({"webhook": one.id, "segment": audience.segment.name, **vars(pushed)})
    if as_json:
        print_json({"shop": shop, "sent": sent})
        return
    for done in sent:
        again = f", {done['resumed']} of them by an earlier attempt" if done["resumed"] else ""
        console().print(
            f"{done['segment']} to {done['webhook']}: {done['members']:,} members in {done['batches']} batches{again}",
            highlight=False,
        )


@app.command("secret")
def show_secret(shop: ShopName, as_json: AsJson = False) -> None:
    """Print what webhooks are signed with, as libraries for Standard Webhooks take it."""
    records = Settings().records()
    try:
        found = shown(secret(records.shops.get(shop).signing_key))
    finally:
        records.close()
    if as_json:
        print_json({"shop": shop, "secret": found})
    else:
        typer.echo(found)


def _receivers(opened: Opened, webhook: str | None, url: str | None, segments: list[str] | None) -> list[Webhook]:
    """Who is sent what.

    Raises:
        InputError: the options contradict one another, or name what is not there.
    """
    configured = opened.snapshot.configuration.webhooks
    if url is not None:
        if webhook is not None or not segments:
            raise InputError("--url", url, "give --segment beside it, and no --webhook")
        return [Webhook.model_construct(id=url, url=url, segments=tuple(segments))]
    named = [one for one in configured if webhook in {None, one.id}]
    if not named:
        there = (
            ", ".join(one.id for one in configured) or "none: add webhooks to the shop's configuration, or give --url"
        )
        raise InputError("--webhook", webhook, f"use one of those that there are: {there}")
    return [one.model_copy(update={"segments": tuple(segments)}) for one in named] if segments else named


def _opened(shop: str) -> Opened:
    settings = Settings()
    folder = settings.workspace().shop(shop)
    records = settings.records()
    try:
        known, snapshot = records.shops.get(shop), served(folder, records)
    finally:
        records.close()
    return Opened(known, folder, snapshot, Population.at(snapshot.models, datetime.now(UTC)))


def _told(progress: Progress, doing: str, done: int, of: int) -> None:
    progress(doing, done / of)


def _size(counted: dict[str, Any]) -> str:
    share = "" if counted["share"] is None else f" ({counted['share']:.1%})"
    more = f", at most {counted['at_most']:,}" if counted["at_most"] != counted["meet"] else ""
    return f"{counted['meet']:,} of {counted['known']:,}{share}{more}"


def _cell(value: object) -> str:
    return "" if value is None else f"{value:,.2f}".removesuffix(".00") if isinstance(value, float) else str(value)
