"""Lists as they are answered: items with their catalogue fields, and the token that credits them."""

from collections.abc import Iterable
from typing import Any

import orjson
from starlette.responses import Response

from api.shops import View
from recommender.engine.answer import Recommended
from recommender.records import Shop
from recommender.tokens import Attribution, sign

JSON = "application/json"


def answer(document: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """A JSON answer that no cache keeps."""
    return Response(orjson.dumps(document), status, {"Cache-Control": "no-store", **(headers or {})}, JSON)


def items(recommended: Iterable[Recommended]) -> list[dict[str, Any]]:
    """The items of a list: what it says about each, then its public catalogue fields."""
    return [item(one) for one in recommended]


def item(one: Recommended) -> dict[str, Any]:
    """One item: why it is there, then its public catalogue fields."""
    why: dict[str, Any] = {
        "item_id": one.item_id,
        "score": round(one.score, 6),
        "reason": one.reason,
        "source": one.source,
    }
    if one.explanation is not None:
        why["explanation"] = one.explanation
    return {**one.card, **why}


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
