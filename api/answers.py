"""Lists as they are answered: items with their catalogue fields, and the token that credits them."""

from collections.abc import Iterable
from typing import Any

import orjson
from starlette.responses import Response

from api.shops import View
from recommender.catalog.card import announced
from recommender.engine.answer import Recommended
from recommender.records import Shop
from recommender.tokens import Attribution, sign

JSON = "application/json"


def answer(document: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """A JSON answer that no cache keeps."""
    return Response(orjson.dumps(document), status, {"Cache-Control": "no-store", **(headers or {})}, JSON)


def items(
    recommended: Iterable[Recommended], view: View, brought: Iterable[str | None] | None = None
) -> list[orjson.Fragment]:
    """The items of a list made from `view`; `brought` says which variant each is from, where two are shown in one."""
    if view.snapshot.configuration.shop.shows_lowest_price:
        recommended = (one._replace(document=announced(one.document)) for one in recommended)
    if brought is None:
        return [item(one) for one in recommended]
    return [item(one, variant) for one, variant in zip(recommended, brought, strict=True)]


def item(one: Recommended, variant: str | None = None) -> orjson.Fragment:
    """One item: its public catalogue fields, then why it is there; the former are JSON already."""
    why: dict[str, Any] = {
        "item_id": one.item_id,
        "score": one.score,
        "reason": one.reason,
        "source": one.source,
    }
    if variant is not None:
        why["variant"] = variant
    if one.explanation is not None:
        why["explanation"] = one.explanation
    return orjson.Fragment(b"".join((one.document[:-1], b",", orjson.dumps(why)[1:])))


def token(shop: Shop, view: View, strategy: str, **more: Any) -> str:
    """The signed attribution of a list made from `view`.

    Args:
        shop: whose list it is.
        view: what it was made from.
        strategy: what filled it.
        more: further fields of `Attribution`.
    """
    attribution = Attribution(
        shop=shop.name,
        placement=more.pop("placement", None),
        strategy=strategy,
        model_version=view.version,
        configuration_version=view.configuration_version,
        catalog_revision=view.snapshot.table.revision,
        **more,
    )
    return sign(attribution, shop.signing_key)
