"""What a campaign says to one visitor, in words that are ready to be shown: no placeholder and no markup is left."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from recommender.languages import translated
from recommender.retention.campaign import Campaign
from recommender.retention.cart import Cart
from recommender.retention.content import CODE, PLACEHOLDER
from recommender.retention.discount import next_tier
from recommender.retention.offers import Offer
from recommender.retention.speech import Speech

PARTS = ("headline", "text", "button")


@dataclass(frozen=True)
class Circumstances:
    """What a text may speak of; what is None is not spoken of."""

    now: datetime
    """The moment."""
    cart: Cart | None = None
    item: str | None = None
    """Title of the page's item."""
    gift: str | None = None
    """Title of the item that is given."""
    code: str | None = None
    ends_at: datetime | None = None
    lowest: Decimal | None = None
    """The lowest price of the page's item in the last thirty days, where the law wants it said."""
    currency: str | None = None
    """Of that price."""


def said(campaign: Campaign, circumstances: Circumstances, speech: Speech) -> dict[str, Any]:
    """The texts of a campaign; see the answer of `/v1/popups/{campaign_id}/show`."""
    values = _values(campaign.offer, circumstances, speech)
    texts = {part: text for part in PARTS if (text := _text(campaign, part, values, speech))}
    return {
        "template": campaign.content.template.value,
        "headline": texts["headline"],
        **({"text": texts["text"]} if "text" in texts else {}),
        **_button(campaign, texts.get("button"), circumstances.code),
        "dismiss": speech.word("dismiss"),
        "close": speech.word("close"),
        "direction": speech.direction,
        "language": speech.language,
        **_countdown(circumstances, speech),
        **_code(circumstances, speech),
        "notes": [*_notes(campaign, circumstances, speech)],
    }


def offered(offer: Offer, speech: Speech, gift: str | None = None) -> str:
    """What an offer promises, like 10% off."""
    if offer.percent is not None:
        return speech.offer("percent", percent=speech.percent(offer.percent))
    if offer.amount is not None and offer.currency is not None:
        return speech.offer("amount", amount=speech.money(offer.amount, offer.currency))
    if offer.tiers is not None:
        return speech.offer("tiers", percent=speech.percent(offer.tiers[-1].percent))
    if offer.cashback is not None:
        return speech.offer("cashback_percent", percent=speech.percent(offer.cashback.percent))
    if offer.gift is not None:
        return speech.offer("gift", item=gift or offer.gift.item_id)
    return speech.offer("free_shipping")


def _values(offer: Offer | None, circumstances: Circumstances, speech: Speech) -> dict[str, str]:
    """What stands for each placeholder that has something to stand for it."""
    cart = circumstances.cart
    values: dict[str, str | None] = {"item": circumstances.item, "code": circumstances.code}
    if cart is not None and cart.lines:
        values["pieces"] = speech.plural("pieces", round(sum(line.quantity for line in cart.lines)))
        values["cart_value"] = speech.money(cart.total, cart.currency)
    if offer is not None:
        values["offer"] = offered(offer, speech, circumstances.gift)
        currency = offer.currency or (cart.currency if cart else None)
        if offer.minimum is not None and currency is not None:
            values["minimum"] = speech.money(offer.minimum, currency)
        values |= _missing(offer, cart, speech)
    return {name: value for name, value in values.items() if value}


def _missing(offer: Offer, cart: Cart | None, speech: Speech) -> dict[str, str]:
    if cart is None or not cart.lines or offer.currency not in {None, cart.currency}:
        return {}
    if (step := next_tier(offer, cart)) is not None:
        reward = speech.offer("percent", percent=speech.percent(step.percent))
        return {"missing": speech.money(step.missing, cart.currency), "next_offer": reward}
    if offer.minimum is not None and cart.total < offer.minimum:
        return {
            "missing": speech.money(offer.minimum - cart.total, cart.currency),
            "next_offer": offered(offer, speech),
        }
    return {}


def _text(campaign: Campaign, part: str, values: Mapping[str, str], speech: Speech) -> str | None:
    """The shop's own words where everything that they speak of is known, else the template's."""
    template = campaign.content.template.value
    kind = f"offer_{part}" if campaign.offer is not None else part
    wishes = (translated(getattr(campaign.content, part), speech.language), speech.template(template, kind))
    return next((speech.filled(wish, values) for wish in wishes if wish and _known(wish, values)), None)


def _known(text: str, values: Mapping[str, str]) -> bool:
    return all(name in values for name in PLACEHOLDER.findall(text))


def _button(campaign: Campaign, label: str | None, code: str | None) -> dict[str, Any]:
    link = campaign.content.link
    if link is not None and CODE in link:
        link = None if code is None else link.replace(CODE, quote(code, safe=""))
    if label is None or (link is None and campaign.slot is not None):
        return {}
    return {"button": {"label": label, **({"link": link} if link is not None else {})}}


def _countdown(circumstances: Circumstances, speech: Speech) -> dict[str, Any]:
    if circumstances.ends_at is None:
        return {}
    words = {name: speech.word(word) for name, word in CLOCK.items()}
    left = max((circumstances.ends_at - circumstances.now).total_seconds(), 0.0)
    return {"countdown": {"ends_at": circumstances.ends_at.isoformat(), "seconds": round(left), **words}}


CLOCK = {"label": "ends_in", "pause": "pause", "resume": "resume", "over": "over"}


def _code(circumstances: Circumstances, speech: Speech) -> dict[str, Any]:
    if circumstances.code is None:
        return {}
    words = {"label": speech.word("code"), "copy": speech.word("copy"), "copied": speech.word("copied")}
    return {"code": {"value": circumstances.code, **words}}


def _notes(campaign: Campaign, circumstances: Circumstances, speech: Speech) -> list[str]:
    if campaign.offer is None:
        return []
    values = _values(campaign.offer, circumstances, speech)
    notes = []
    if "missing" in values:
        notes.append(speech.word("next_tier", missing=values["missing"], offer=values["next_offer"]))
    elif "minimum" in values:
        notes.append(speech.word("minimum", minimum=values["minimum"]))
    if circumstances.lowest is not None and circumstances.currency is not None:
        lowest = speech.money(circumstances.lowest, circumstances.currency)
        notes.append(speech.word("lowest_price", price=lowest))
    if campaign.whom.personal:
        notes.append(speech.word("personalised"))
    return notes
