"""`vitrine log`: the event log in a store, for whoever trains on another host."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from recommender.errors import ConfigurationError
from recommender.workspace import ShopFolder
from training.commands.results import console, print_json
from training.settings import Settings

if TYPE_CHECKING:
    from recommender.events.shipping import Changed

app = typer.Typer(no_args_is_help=True, help="Keep a copy of a shop's event log in VITRINE_STORE, and train from it.")

Shop = Annotated[str, typer.Option(help="The shop.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]


@app.command()
def push(shop: Shop, as_json: AsJson = False) -> None:
    """Bring the store up to this home's log; the service does it after every compaction."""
    folder = _folder(shop)
    from recommender.events.shipping import ship  # an extra brings what it needs

    _report(ship, folder, as_json)


@app.command()
def pull(shop: Shop, as_json: AsJson = False) -> None:
    """Make the log of a home that collects no events a copy of the one in the store."""
    folder = _folder(shop)
    from recommender.events.shipping import pull as take  # an extra brings what it needs

    _report(take, folder, as_json)


def _report(work: "Callable[[ShopFolder], Changed]", folder: ShopFolder, as_json: bool) -> None:
    changed = work(folder)
    if as_json:
        print_json({"shop": folder.path.name, **changed._asdict()})
    else:
        console().print(f"{folder.path.name}: {changed.added} files came, {changed.removed} went.", highlight=False)


def _folder(shop: str) -> ShopFolder:
    settings = Settings()
    if settings.store is None:
        raise ConfigurationError("VITRINE_STORE is not set; name the store that has the log, or shall have it")
    records = settings.records()
    try:
        records.shops.get(shop)
    finally:
        records.close()
    return settings.workspace().shop(shop)
