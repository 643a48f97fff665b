"""`vitrine report cohorts`, `funnel` and `paths`: what customers and visitors do."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer
from rich.console import Console

from recommender.configuration import Configuration
from recommender.errors import InputError
from recommender.events.log import EventLog
from training.behaviour.cohorts import SHOWN, Every
from training.behaviour.funnel import Funnel
from training.behaviour.origins import By
from training.behaviour.paths import MOST_STEPS, STEPS, To
from training.behaviour.reading import Behaviour
from training.behaviour.steps import USUAL, steps
from training.behaviour.window import DAYS, Window, moment
from training.commands.behaviour_tables import funnel_table, paths_table, spending_table, triangle_table
from training.commands.results import console, print_json
from training.settings import Settings

Shop = Annotated[str, typer.Option(help="The shop.")]
Until = Annotated[
    datetime | None, typer.Option(help="Nothing later counts; a moment without a time zone is in the shop's.")
]
Days = Annotated[int, typer.Option(help="How far to look back.", min=1, max=3650)]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for machines, with everything.")]
WITHIN = re.compile(r"(\d{1,6})([mhd])")
UNITS = {"m": "minutes", "h": "hours", "d": "days"}


def cohorts(
    shop: Shop,
    by: Annotated[Every, typer.Option(help="How long a period is, by the shop's clock.")] = Every.MONTH,
    last: Annotated[int, typer.Option(help="How many periods are shown.", min=1, max=120)] = SHOWN,
    until: Until = None,
    as_json: Json = False,
) -> None:
    """Who ordered again: customers by the period of their first order, and how many came back how long after.

    Only orders that the shop's server or an import vouched for count, each once, less what came back. A period that is
    not over is marked, and counts in no average.
    """
    with _behaviour(shop, until, DAYS) as found:
        document: dict[str, Any] = {"shop": shop} | ({"events": 0} if found is None else found.cohorts(by, last))
    if _printed(document, as_json):
        return
    out = console()
    out.print(triangle_table(document))
    out.print(spending_table(document))
    _notes(out, document)


def funnel(
    shop: Shop,
    steps_: Annotated[
        str, typer.Option("--steps", help="Events in their order; also page_view:category, or event:parameter=value.")
    ] = USUAL,
    by: Annotated[list[By] | None, typer.Option(help="Tell sessions apart by this; may be given again.")] = None,
    within: Annotated[
        str, typer.Option(help="session: all steps in one; or how long a person may take: 30m, 12h, 7d.")
    ] = "session",
    days: Days = DAYS,
    until: Until = None,
    as_json: Json = False,
) -> None:
    """How many get from step to step, each later than the one before, how long it takes, and what the others do.

    Where somebody came from, and with what, is that of the session in which the first step was taken.
    """
    asked = Funnel(tuple(steps(steps_)), tuple(dict.fromkeys(by or ())), _within(within))
    with _behaviour(shop, until, days) as found:
        document: dict[str, Any] = {"shop": shop} | ({"events": 0} if found is None else found.funnel(asked))
    if _printed(document, as_json):
        return
    out = console()
    _period(out, document)
    for group in document["groups"]:
        out.print(funnel_table(document, group))
    _notes(out, document)


def paths(
    shop: Shop,
    to: Annotated[To, typer.Option(help="purchase: a session's first; exit: the end of a session without one.")] = (
        To.PURCHASE
    ),
    most: Annotated[int, typer.Option("--steps", help="Steps before the end.", min=1, max=MOST_STEPS)] = STEPS,
    days: Days = DAYS,
    until: Until = None,
    as_json: Json = False,
) -> None:
    """Which ways lead to a purchase, or out of the shop: the last steps of sessions, repetitions collapsed."""
    with _behaviour(shop, until, days) as found:
        document: dict[str, Any] = {"shop": shop} | ({"events": 0} if found is None else found.paths(to, most))
    if _printed(document, as_json):
        return
    out = console()
    _period(out, document)
    out.print(paths_table(document))
    _notes(out, document)


@contextmanager
def _behaviour(shop: str, until: datetime | None, days: int) -> Iterator[Behaviour | None]:
    """The log of a shop while it may be read; None when it is empty."""
    settings = Settings()
    records = settings.records()
    try:
        records.shops.get(shop)
        _, document = records.configurations.get(shop)
    finally:
        records.close()
    configuration, log = Configuration.parse(document), EventLog(settings.shop_with_log(shop))
    bounds, zone = log.bounds(), configuration.shop.zone
    if bounds is None:
        yield None
        return
    window = Window.of(bounds, datetime.now(UTC), until=moment(until, zone), days=days)
    with log.reading():
        yield Behaviour(log.scan(), window, zone, configuration.training.cleaning.max_events_a_day)


def _within(text: str) -> timedelta | None:
    match = WITHIN.fullmatch(text)
    if text == "session":
        return None
    found = timedelta(**{UNITS[match[2]]: int(match[1])}) if match else timedelta()
    if not timedelta() < found <= timedelta(days=3650):
        raise InputError("--within", text, "use session, or minutes, hours or days as in 30m, 12h, 7d, up to 3650d")
    return found


def _printed(document: Mapping[str, Any], as_json: bool) -> bool:
    """Print what needs no table: JSON, or that there is nothing."""
    if as_json:
        print_json(document)
    elif "events" in document:
        shop = document["shop"]
        console().print(f"{shop} has no events yet; add some with: vitrine import events FILE --shop {shop}")
    return as_json or "events" in document


def _notes(out: Console, document: Mapping[str, Any]) -> None:
    for note in document["notes"]:
        out.print(note, highlight=False)


def _period(out: Console, document: Mapping[str, Any]) -> None:
    out.print(
        f"{document['shop']}, {document['since']:%Y-%m-%d %H:%M} to {document['until']:%Y-%m-%d %H:%M}"
        f" ({document['timezone']})",
        highlight=False,
    )
