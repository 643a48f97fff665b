"""`vitrine log`: the event log in a store, and this host's copy of it."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from recommender.errors import ConfigurationError
from recommender.workspace import ShopFolder
from training.commands.results import console, print_json
from training.settings import Settings

app = typer.Typer(no_args_is_help=True)

Shop = Annotated[str, typer.Option(help="The shop.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]


@app.callback()
def log() -> None:
    """The event log in VITRINE_STORE, and the copy of it here."""


@app.command()
def pull(shop: Shop, as_json: AsJson = False) -> None:
    """Make the copy of the log in VITRINE_HOME what the log in VITRINE_STORE is; training does it by itself."""
    folder = _folder(shop)
    from recommender.events.stored import bring_up  # an extra brings what it needs

    changed = bring_up(folder, datetime.now(UTC))
    if as_json:
        print_json({"shop": shop, **changed._asdict()})
    else:
        console().print(f"{shop}: {changed.added} files came, {changed.removed} went.", highlight=False)


def _folder(shop: str) -> ShopFolder:
    settings = Settings()
    if settings.store is None:
        raise ConfigurationError("VITRINE_STORE is not set; name the store that has the log")
    records = settings.records()
    try:
        records.shops.get(shop)
    finally:
        records.close()
    return settings.workspace().shop(shop)
