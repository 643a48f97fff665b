"""Lists as they are answered: items with their catalogue fields, and the token that credits them."""

from collections.abc import Sequence
from typing import Any

import orjson
from starlette.responses import Response

from api.shops import View
from recommender.catalog.card import announced, identified
from recommender.engine.answer import Items
from recommender.records import Shop
from recommender.tokens import Attribution, sign

JSON = "application/json"
ITEM = b'%b,"item_id":"%b","score":%b,"reason":%b,"source":%b%b}'
"""A card without its end, and what the list says of it."""
NO_ITEMS = orjson.Fragment(b"[]")


def answer(document: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """A JSON answer that no cache keeps."""
    return Response(orjson.dumps(document), status, {"Cache-Control": "no-store", **(headers or {})}, JSON)


def items(recommended: Items, view: View, brought: Sequence[str | None] | None = None) -> orjson.Fragment:
    """The items of a list: public catalogue fields, which are JSON already, then why each is there.

    Args:
        recommended: the items.
        view: what they were made from.
        brought: which variant each is from, where two are shown in one list.
    """
    cards = recommended.documents
    if not cards:
        return NO_ITEMS
    if view.snapshot.configuration.shop.shows_lowest_price:
        cards = [announced(card) for card in cards]
    said = {text: orjson.dumps(text) for text in {*recommended.reasons, *recommended.sources}}
    scores = orjson.dumps(recommended.scores)[1:-1].split(b",")  # at once; numbers hold no comma
    more = [b""] * len(cards)
    if recommended.explanations is not None:
        more = [b',"explanation":%b' % orjson.dumps(one) for one in recommended.explanations]
    if brought is not None:
        told = zip(brought, more, strict=True)
        more = [one if variant is None else b',"variant":%b%b' % (orjson.dumps(variant), one) for variant, one in told]
    columns = cards, scores, recommended.reasons, recommended.sources, more
    written = [
        ITEM % (card[:-1], identified(card), score, said[reason], said[source], beside)
        for card, score, reason, source, beside in zip(*columns, strict=True)
    ]
    return orjson.Fragment(b"[%b]" % b",".join(written))


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
