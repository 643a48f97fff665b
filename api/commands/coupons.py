"""`vitrine coupons`: codes in and out."""

import csv
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, TextIO

import typer
from rich.console import Console

from api.bootstrap import utc_now
from api.settings import Settings
from recommender.cells import guarded, unguarded
from recommender.configuration import Configuration
from recommender.errors import ImportingError, InputError
from recommender.experiments.assigning import tried
from recommender.records import Records
from recommender.records.pool import Given, checked

app = typer.Typer(no_args_is_help=True, help="Coupon codes.")

COLUMN = "code"
COLUMNS = (
    "code", "campaign", "state", "visitor", "customer", "given", "expires", "order", "discount", "currency",
)  # fmt: skip

ShopName = Annotated[str, typer.Option("--shop", help="The shop.")]
OneCampaign = Annotated[str | None, typer.Option(help="Only this campaign; all of them when left out.")]
AsJson = Annotated[bool, typer.Option("--json", help="Answer for machines.")]


@app.command()
def upload(
    file: Annotated[Path, typer.Argument(help="CSV whose first line is `code`.", exists=True, dir_okay=False)],
    shop: ShopName,
    campaign: Annotated[str, typer.Option(help="The campaign that gives them away.")],
    as_json: AsJson = False,
) -> None:
    """Add codes to a campaign's pool; codes that are there already are counted, and changed in nothing."""
    added = [*codes(file)]
    records = _records()
    document = records.configurations.get(records.shops.get(shop).name)[1]
    configuration = Configuration.parse(document)
    offers = [one.offer for one in (*configuration.campaigns, *tried(configuration)) if one.id == campaign]
    uploaded = records.pool.upload(shop, campaign, added)
    records.close()
    if not any(offer is not None and offer.code is not None and offer.code.pool for offer in offers):
        _tell(f'No campaign {campaign!r} gives them away yet: its offer needs "code": {{"pool": true}}.')
    if as_json:
        typer.echo(json.dumps({"campaign": campaign, **asdict(uploaded)}))
        return
    typer.echo(f"{uploaded.added} codes added, {uploaded.duplicates} were there already")


@app.command()
def export(shop: ShopName, campaign: OneCampaign = None, as_json: AsJson = False) -> None:
    """Print every code and what became of it, as CSV that a spreadsheet opens safely."""
    records = _records()
    found = (_row(one) for one in records.pool.codes(shop, campaign))
    if as_json:
        typer.echo(json.dumps({"codes": [dict(zip(COLUMNS, row, strict=True)) for row in found]}))
    else:
        _print(found, sys.stdout)
    records.close()


@app.command(name="list")
def list_codes(shop: ShopName, campaign: OneCampaign = None, as_json: AsJson = False) -> None:
    """Print how many codes of each campaign are free, given, redeemed and lapsed."""
    records = _records()
    counts = [asdict(one) for one in records.pool.counts(shop, utc_now(), campaign)]
    records.close()
    if as_json:
        typer.echo(json.dumps({"campaigns": counts}))
        return
    for one in counts:
        name = one.pop("campaign_id")
        typer.echo(f"{name}  " + "  ".join(f"{count} {state}" for state, count in one.items()))


def codes(file: Path) -> Iterator[str]:
    """The codes of a CSV file with one column.

    Raises:
        ImportingError: it is not such a file, or a code is none; says which line.
    """
    try:
        with file.open(encoding="utf-8-sig", newline="") as opened:
            yield from _column(file, csv.reader(opened))
    except UnicodeDecodeError as error:
        raise ImportingError(f"{file}: it is not UTF-8: {error}") from None
    except csv.Error as error:
        raise ImportingError(f"{file}: it is no list of codes: {error}") from None


def _column(file: Path, rows: Any) -> Iterator[str]:
    header = [name.strip().lower() for name in next(rows, [])]
    if header != [COLUMN]:
        raise ImportingError(f"{file}: line 1: {','.join(header)!r} is not allowed; the one column is called {COLUMN}")
    for row in rows:
        if not any(row):
            continue
        try:
            if len(row) > 1:
                raise InputError(COLUMN, ",".join(row), "put one code on each line")
            yield checked(unguarded(row[0]))
        except InputError as error:
            raise ImportingError(f"{file}: line {rows.line_num}: {error}") from None


def _row(one: Given) -> tuple[str | None, ...]:
    moments = (one.given_at, one.ends_at)
    given, expires = (None if moment is None else moment.isoformat() for moment in moments)
    discount = None if one.discount is None else str(one.discount)
    return (
        one.code, one.campaign_id, one.state, one.visitor_id, one.customer_id, given, expires, one.order_id, discount,
        one.currency,
    )  # fmt: skip


def _print(rows: Iterator[tuple[str | None, ...]], to: TextIO) -> None:
    writer = csv.writer(to, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in rows:
        writer.writerow([guarded(cell or "") for cell in row])


def _records() -> Records:
    return Settings.load().records()


def _tell(text: str) -> None:
    Console(stderr=True).print(text, style="yellow", highlight=False, markup=False)
