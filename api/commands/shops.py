"""`vitrine shops`: who may call."""

import json
from datetime import timedelta
from typing import Annotated, Any

import typer
from rich.console import Console

from api.bootstrap import utc_now
from api.settings import Settings
from recommender.records import Records

app = typer.Typer(no_args_is_help=True, help="Shops and their keys.")

AsJson = Annotated[bool, typer.Option("--json", help="Answer for machines.")]
Origins = Annotated[
    list[str] | None, typer.Option(help="Web origin whose pages may call, like https://shop.example; repeatable.")
]


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="1 to 63 of a-z, 0-9, - and _.")],
    origin: Origins = None,
    as_json: AsJson = False,
) -> None:
    """Add a shop and print its keys; the secret one is never shown again."""
    records = _records()
    keys = records.shops.create(name, origin or [], utc_now())
    records.close()
    if not origin:
        _tell("No --origin was given: pages of every site may call with the public key.")
    _show({"shop": name, "public_key": keys.public_key, "secret_key": keys.secret_key}, as_json)


@app.command(name="list")
def list_shops(as_json: AsJson = False) -> None:
    """Print every shop."""
    records = _records()
    shops = [records.shops.get(name) for name in records.shops.list()]
    records.close()
    if as_json:
        typer.echo(json.dumps({"shops": [{"shop": shop.name, "origins": list(shop.origins)} for shop in shops]}))
        return
    for shop in shops:
        typer.echo(f"{shop.name}  {' '.join(shop.origins) or '(every origin)'}")


@app.command()
def origins(
    name: Annotated[str, typer.Argument(help="The shop.")], origin: Origins = None, as_json: AsJson = False
) -> None:
    """Print the web origins whose pages may call; with --origin, replace all of them first."""
    records = _records()
    if origin:
        records.shops.set_origins(name, origin)
    listed = records.shops.get(name).origins
    records.close()
    typer.echo(json.dumps({"shop": name, "origins": listed}) if as_json else " ".join(listed) or "(every origin)")


@app.command()
def keys(
    name: Annotated[str, typer.Argument(help="The shop.")],
    rotate: Annotated[
        str | None, typer.Option(help="Replace the `public` or the `secret` key; the old one stops working.")
    ] = None,
    overlap: Annotated[
        float, typer.Option(help="Hours for which the old key works beside the new one.", min=0, max=720)
    ] = 0,
    signing: Annotated[
        bool, typer.Option("--signing-key", help="Print the key that signs customer tokens, too.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Print a shop's keys, of the secret one only its end; or replace one and print the new key."""
    records = _records()
    shown: dict[str, Any] = {"shop": records.shops.get(name).name}
    if rotate is not None:
        lasting = timedelta(hours=overlap)
        shown[f"{rotate}_key"] = records.shops.rotate(name, rotate, utc_now(), lasting)  # type: ignore[arg-type]  # checked there
    for key in records.shops.keys(name):
        if key.ends_at is not None:
            shown.setdefault("ending", []).append(f"{key.shown} until {key.ends_at:%Y-%m-%d %H:%M} UTC")
        elif rotate is None:
            shown[f"{key.kind}_key"] = key.shown
    if signing:
        shown["signing_key"] = records.shops.get(name).signing_key
    records.close()
    _show(shown, as_json)


def _records() -> Records:
    return Settings.load().records()


def _show(values: dict[str, Any], as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(values))
        return
    for name, value in values.items():
        typer.echo(f"{name.replace('_', ' ')}: {', '.join(value) if isinstance(value, list) else value}")


def _tell(text: str) -> None:
    Console(stderr=True).print(text, style="yellow", highlight=False)
