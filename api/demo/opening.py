"""How the demo's pages get at the catalogue that the API serves."""

import asyncio
from dataclasses import dataclass

from starlette.requests import Request

from api.demo.storefront import ShopCatalogue, Storefront
from api.services import services
from recommender.catalog.table import CatalogTable

SHOP = "demo"


@dataclass(frozen=True, eq=False)
class Opened:
    """A storefront, and the catalogue table that it was made of."""

    table: CatalogTable
    storefront: Storefront


async def storefront(request: Request) -> Storefront:
    """The demo shop as it is now; made anew only when its catalogue has changed.

    Raises:
        NotFoundError: nobody has prepared the demo shop.
    """
    parts = services(request)
    snapshot = (await parts.shops.get(SHOP)).view.snapshot
    opened: Opened | None = getattr(request.app.state, "demo", None)
    if opened is None or opened.table is not snapshot.table:
        keys = await asyncio.to_thread(parts.records.shops.keys, SHOP)
        public = next(key.shown for key in keys if key.kind == "public")
        shop = await asyncio.to_thread(Storefront, ShopCatalogue.of(snapshot, public))
        opened = request.app.state.demo = Opened(snapshot.table, shop)
    return opened.storefront
