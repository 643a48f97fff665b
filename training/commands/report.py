"""`vitrine report`: what showcases and popups earned, against the visitors who were left without them."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from recommender.configuration import Configuration
from recommender.errors import InputError
from recommender.events.log import EventLog
from training.behaviour.window import moment
from training.buying import buying
from training.commands.behaviour import cohorts, funnel, paths
from training.commands.lifetimes import show_lifetimes, show_places
from training.commands.results import console, print_json
from training.fitting import shop_configuration
from training.measuring.currencies import Currencies
from training.measuring.horizon import PLANNED_DAYS
from training.measuring.lifetimes import Unit, lifetimes
from training.measuring.page import write_page
from training.measuring.report import Asked, report
from training.measuring.segments import peopled
from training.settings import Settings

app = typer.Typer(invoke_without_command=True, help="What showcases and popups earned, with what nobody can tell yet.")
app.command()(cohorts)
app.command()(funnel)
app.command()(paths)


@app.callback()
def overview(
    context: typer.Context,
    shop: Annotated[str | None, typer.Option(help="The shop.")] = None,
    days: Annotated[int, typer.Option(help="How far to look back.", min=1, max=3650)] = 30,
    until: Annotated[
        datetime | None, typer.Option(help="Look back from this moment; else from now, or from the last event.")
    ] = None,
    since: Annotated[
        datetime | None, typer.Option(help="Experiments begin here; else with their first decision.")
    ] = None,
    planned_days: Annotated[
        int, typer.Option(help="For how long experiments are meant to run.", min=1, max=730)
    ] = PLANNED_DAYS,
    currency: Annotated[
        str | None, typer.Option(help="Of the money that is reported; else that of most orders.")
    ] = None,
    segment: Annotated[
        str | None, typer.Option(help="Experiments only among visitors who were in this segment when they entered.")
    ] = None,
    html: Annotated[Path | None, typer.Option(help="Write one page with plots to this file.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for machines, with everything.")] = False,
) -> None:
    """Say what was caused, not what was clicked: each group against its holdout or control, with an interval.

    Intervals hold however often one looks. Attributed revenue stands beside them, and is no proof of anything.
    """
    if context.invoked_subcommand is not None:
        return
    if shop is None:
        raise InputError("--shop", None, "name the shop")
    settings = Settings()
    records = settings.records()
    try:
        records.shops.get(shop)
        _, document = records.configurations.get(shop)
        configuration = Configuration.parse(document)
        asked = Asked(
            now=datetime.now(UTC),
            until=moment(until, configuration.shop.zone),
            days=days,
            since=moment(since, configuration.shop.zone),
            planned_days=planned_days,
            currency=currency,
            most_events_a_day=configuration.training.cleaning.max_events_a_day,
            zone=configuration.shop.zone,
            lifecycle=configuration.training.customers,
            registry=configuration.segmentation,
            segment=segment,
            behaviour=as_json or html is not None,
        )
        found = report(settings.shop_with_log(shop), records, asked)
    finally:
        records.close()
    if html is not None:
        write_page(html, found)
    if as_json:
        print_json(found)
        return
    _show(found)


@app.command("clv")
def clv(
    shop: Annotated[str, typer.Option(help="The shop.")],
    calibration_end: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Last day to learn from; else about the last third is held out."),
    ] = None,
    unit: Annotated[Unit, typer.Option(help="Of time, in which parameters are told.")] = Unit.WEEK,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for machines, with everything.")] = False,
) -> None:
    """Fit models of how often customers come back and for how much, and hold them to the days that they did not see."""
    settings = Settings()
    records = settings.records()
    try:
        records.shops.get(shop)
        folder, config = settings.shop_with_log(shop), shop_configuration(records, shop).customers
        documents = [*records.catalog.documents(shop)]
    finally:
        records.close()
    log = EventLog(folder)
    with log.reading():
        costs = Currencies.of(log.scan()).costs(documents)
        bought = buying(log.scan(), costs, datetime.now(UTC))
    found = lifetimes(bought, config, calibration_end.date() if calibration_end else None, unit)
    if as_json:
        print_json(found)
        return
    show_lifetimes(console(), shop, found)


def _show(found: Mapping[str, Any]) -> None:
    out = console()
    if "overview" not in found:
        out.print(
            f"{found['shop']} has no events yet; add some with: vitrine import events FILE --shop {found['shop']}"
        )
        return
    _show_overview(out, found)
    if found["segment"] is not None:
        out.print(f"Experiments among visitors who were {found['segment']} when they entered:", highlight=False)
    for experiment in found["experiments"]:
        out.print(_effects(experiment))
        for metric in experiment["metrics"]:
            if metric["decides"]:
                out.print(f"  {metric['words']}", highlight=False)
    for one in found["interleaved"]:
        out.print(f"{one['experiment']}: {one['words']}", highlight=False)
    if found["campaigns"]:
        out.print(_campaigns(found["campaigns"]))
    if found["attributed"]:
        out.print(_attributed(found["attributed"]))
    out.print(_segments(peopled(found["segments"])))
    if found["customers"]:
        show_places(out, shop=found["shop"], found=found["customers"])


def _show_overview(out: Console, found: Mapping[str, Any]) -> None:
    seen = found["overview"]
    out.print(
        f"{found['shop']}, {found['since']:%Y-%m-%d} to {found['until']:%Y-%m-%d}: {seen['visitors']:,} visitors,"
        f" {seen['orders']:,} orders, revenue {seen['revenue']:,.2f} {found['currency']['reported'] or ''}".rstrip(),
        highlight=False,
    )
    for code, count in found["currency"]["orders_left_out"].items():
        out.print(f"Left out of everything: {count:,} orders in {code or 'no named currency'}", highlight=False)
    for alarm in found["health"]["alarms"]:
        out.print(f"Alarm: {alarm}", style="red", highlight=False)


def _effects(experiment: Mapping[str, Any]) -> Table:
    groups = ", ".join(f"{count:,} {name}" for name, count in experiment["visitors"].items())
    table = Table(title=f"{experiment['experiment']}: {groups}, {experiment['days']:.0f} days", title_justify="left")
    names = (experiment["control"], experiment["treated"])
    for heading in ("metric", *names, "difference", "95 % interval", "lift", "answer"):
        table.add_column(heading)
    for one in experiment["metrics"]:
        low, high = (_number(end) for end in one["interval"])
        lift = "" if one["lift"] is None else f"{one['lift']:+.1%}"
        table.add_row(
            one["metric"], _number(one["control"]), _number(one["treated"]), _number(one["difference"]),
            f"{low} to {high}", lift, one["answer"].replace("_", " "),
        )  # fmt: skip
    return table


def _campaigns(campaigns: list[Mapping[str, Any]]) -> Table:
    table = Table(title="Popups and banners", title_justify="left")
    for heading in ("campaign", "triggered", "shown", "seen", "taken", "dismissed", "not shown because"):
        table.add_column(heading)
    for one in campaigns:
        why = ", ".join(f"{reason} {count:,}" for reason, count in one["refused"].items())
        counts = (f"{one[name]:,}" for name in ("triggered", "shown", "seen", "taken", "dismissed"))
        table.add_row(one["campaign"], *counts, why)
    return table


def _segments(segments: list[Mapping[str, Any]]) -> Table:
    table = Table(title="Segments: members now, and who came and went with models since", title_justify="left")
    for heading in ("segment", "customers", "members", "entered", "left"):
        table.add_column(heading)
    for one in segments:
        table.add_row(one["segment"], *(f"{one[name]:,}" for name in ("customers", "members", "entered", "left")))
    return table


def _attributed(places: list[Mapping[str, Any]]) -> Table:
    table = Table(
        title="Attributed: orders within seven days of the last click (no proof of cause)", title_justify="left"
    )
    for heading in ("placement", "clicks", "orders", "revenue", "same item: orders", "revenue"):
        table.add_column(heading)
    for one in places:
        table.add_row(
            one["placement"], f"{one['clicks']:,}", f"{one['orders']:,}", f"{one['revenue']:,.2f}",
            f"{one['same_item_orders']:,}", f"{one['same_item_revenue']:,.2f}",
        )  # fmt: skip
    return table


def _number(value: float | None) -> str:
    return "?" if value is None else f"{value:,.4g}"
