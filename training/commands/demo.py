"""`vitrine demo`: the part that prepares the shop."""

from datetime import UTC, datetime

from rich.console import Console

from training.commands.progress import steps
from training.demo.shop import SHOP, Prepared, prepare_demo
from training.settings import Settings


def prepare() -> None:
    """Prepare the shop `demo`: import its log and catalogue, train and publish."""
    settings = Settings()
    records = settings.records()
    try:
        with steps() as bars:
            prepared = prepare_demo(settings.workspace(), records, datetime.now(UTC), bars.show)
    finally:
        records.close()
    Console(stderr=True).print(_line(prepared), highlight=False)


def _line(prepared: Prepared) -> str:
    events = prepared.imported.written + prepared.imported.known
    made = "trained" if prepared.trained else "already there"
    return f"shop {SHOP}: {events:,} events, {prepared.items:,} items, model {prepared.version} ({made})"
