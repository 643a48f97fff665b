"""`vitrine recommend`: ask the engine for one list and see why each item stands in it."""

from datetime import UTC, datetime
from typing import Annotated, Any

import orjson
import polars as pl
import typer
from rich.console import Console
from rich.table import Table

from recommender.engine.answer import Recommendations, Recommended
from recommender.engine.engine import page as fill
from recommender.engine.engine import recommend as ask
from recommender.engine.filter import Filter
from recommender.engine.page import Page
from recommender.engine.request import Interaction, Query, Visitor
from recommender.engine.snapshot import Snapshot
from recommender.errors import InputError
from recommender.events import schema
from recommender.events.log import EventLog
from recommender.strategy import Strategy
from recommender.workspace import ShopFolder
from training.settings import Settings
from training.snapshots import served

HISTORY_ROWS = 500
NUMBERS = frozenset({"#", "price", "score"})
PLAIN_WIDTH = 160
"""Columns of a table that goes to a file or a pipe."""


def recommend(
    shop: Annotated[str, typer.Option(help="The shop.")],
    strategy: Annotated[Strategy | None, typer.Option(help="How items are found.")] = None,
    placement: Annotated[
        str | None, typer.Option(help="Instead of a strategy: a slot of the shop, filled as on its page.")
    ] = None,
    item: Annotated[list[str] | None, typer.Option(help="A seed item; may be repeated.")] = None,
    visitor: Annotated[str | None, typer.Option(help="A browser (visitor_id).")] = None,
    customer: Annotated[str | None, typer.Option(help="An account (customer_id).")] = None,
    session: Annotated[list[str] | None, typer.Option(help="An item viewed in this session; may be repeated.")] = None,
    limit: Annotated[int, typer.Option(help="The most items to show.", min=1, max=100)] = 12,
    filter_: Annotated[str | None, typer.Option("--filter", help='JSON, such as {"price": {"max": 20}}.')] = None,
    language: Annotated[str, typer.Option(help="Language of the reasons.")] = "en",
    explain: Annotated[bool, typer.Option("--explain", help="Show the score by source.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for machines.")] = False,
) -> None:
    """Show what a shop would recommend now, and why."""
    now, settings = datetime.now(UTC), Settings()
    folder = settings.shop_with_log(shop)
    records = settings.records()
    try:
        snapshot = served(folder, records)
    finally:
        records.close()
    viewed = tuple(Interaction(id_) for id_ in session or ())
    person = Visitor(visitor, customer, _since(snapshot.models.data_end, folder, visitor, customer), viewed)
    if placement is not None:
        asked, page = _slot(snapshot, placement, strategy, filter_, item)
        (showcase,) = fill(snapshot, person, page, [placement], now, language, explain=explain)
        found = showcase.recommendations
    else:
        asked = _named(strategy)
        query = Query(asked, tuple(item or ()), limit, _filter(filter_), language=language, explain=explain)
        found = ask(snapshot, person, query, now)
    if as_json:
        typer.echo(orjson.dumps(_document(shop, snapshot, found)).decode())
    else:
        _show(shop, snapshot, asked, found)


def _slot(
    snapshot: Snapshot, id_: str, strategy: Strategy | None, filter_: str | None, items: list[str] | None
) -> tuple[Strategy, Page]:
    """The strategy of a placement, and a page of the first kind that holds it."""
    for option, value in (("--strategy", strategy), ("--filter", filter_)):
        if value is not None:
            raise InputError(option, value, "leave it out beside --placement, which has its own")
    placement = snapshot.configuration.placement(id_)
    if placement is None:
        known = ", ".join(placement.id for placement in snapshot.configuration.placements)
        raise InputError("--placement", id_, f"use one of {known}")
    if items and len(items) > 1:
        raise InputError("--item", items[1], "a page is about one item")
    return placement.strategy, Page(placement.page_types[0], items[0] if items else None)


def _named(strategy: Strategy | None) -> Strategy:
    if strategy is None:
        raise InputError("--strategy", None, f"use one of {', '.join(Strategy)}, or name a --placement")
    return strategy


def _since(end: datetime, folder: ShopFolder, visitor: str | None, customer: str | None) -> tuple[Interaction, ...]:
    """What the person did after the models were trained, from the log."""
    who = [(schema.VISITOR_ID, visitor), (schema.CUSTOMER_ID, customer)]
    wanted = [pl.col(column) == id_ for column, id_ in who if id_]
    log = EventLog(folder)
    if not wanted or log.bounds() is None:
        return ()
    rows = log.scan().filter(pl.any_horizontal(wanted) & (pl.col(schema.TIMESTAMP) > end))
    columns = (schema.ITEM_ID, schema.EVENT, schema.TIMESTAMP, schema.QUANTITY)
    rows = rows.filter(pl.col(schema.ITEM_ID).is_not_null()).select(columns).sort(schema.TIMESTAMP).tail(HISTORY_ROWS)
    return tuple(
        Interaction(id_, event, moment.timestamp(), quantity or 1.0)
        for id_, event, moment, quantity in rows.collect().iter_rows()
    )


def _filter(text: str | None) -> Filter | None:
    if text is None:
        return None
    try:
        return Filter.parse(orjson.loads(text))
    except orjson.JSONDecodeError as error:
        raise InputError("--filter", text, f"use JSON ({error})") from None


def _document(shop: str, snapshot: Snapshot, found: Recommendations) -> dict[str, Any]:
    return {
        "shop": shop,
        "model_version": snapshot.version,
        "strategy": found.strategy,
        "items": [_item(one) for one in found.items],
        "missing_ids": list(found.missing_ids),
    }


def _item(one: Recommended) -> dict[str, Any]:
    why: dict[str, Any] = {
        "item_id": one.item_id,
        "score": one.score,
        "reason": one.reason,
        "source": one.source,
    }
    return {**one.card, **why, **({"explanation": one.explanation} if one.explanation is not None else {})}


def _show(shop: str, snapshot: Snapshot, asked: Strategy, found: Recommendations) -> None:
    console, names = _console(), [*dict.fromkeys(name for one in found.items for name in _scores(one))]
    instead = "" if found.strategy == asked else f" (nothing for {asked})"
    table = Table(title=f"{found.strategy}{instead} · {shop} · model {snapshot.version}", title_justify="left")
    for heading in ("#", "item", "title", "price", "score"):
        table.add_column(heading, justify="right" if heading in NUMBERS else "left", no_wrap=heading in NUMBERS)
    for name in names:
        table.add_column(name, justify="right", style="dim", no_wrap=True)
    table.add_column("reason")
    for place, one in enumerate(found.items, 1):
        price, scores = one.card.get("sale_price", one.card.get("price")), _scores(one)
        shown = [f"{scores[name]:.3f}" if name in scores else "" for name in names]
        cost = "" if price is None else f"{price:.2f}"
        table.add_row(str(place), one.item_id, one.card["title"], cost, f"{one.score:.3f}", *shown, one.reason)
    console.print(table)
    for id_ in found.missing_ids:
        console.print(f"unknown item: {id_}", style="yellow", highlight=False)


def _console() -> Console:
    console = Console()
    return console if console.is_terminal else Console(width=PLAIN_WIDTH)


def _scores(one: Recommended) -> dict[str, float]:
    return dict(one.explanation["scores"]) if one.explanation is not None else {}
