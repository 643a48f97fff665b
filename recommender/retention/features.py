"""What a gate knows of a visitor when it decides about an offer: numbers by name, as they are logged and learned."""

from typing import Final

from recommender.retention.facts import Device, Facts

DEVICES: Final = {Device.PHONE: 0.0, Device.TABLET: 1.0, Device.DESKTOP: 2.0}
FEATURES: Final = (
    "returning", "orders", "spend", "days_since_order", "cart_value", "cart_items", "page_views", "items_viewed",
    "device",
)  # fmt: skip
"""All of them."""


def features(facts: Facts) -> dict[str, float]:
    """What is known; the rest is left out."""
    known: dict[str, float | None] = {
        "returning": float(facts.returning),
        "orders": float(facts.orders),
        "spend": float(facts.spend),
        "days_since_order": facts.days_since_order,
        "cart_value": float(facts.cart_value),
        "cart_items": float(facts.cart_items),
        "page_views": float(facts.page_views),
        "items_viewed": float(facts.items_viewed),
        "device": None if facts.device is None else DEVICES[facts.device],
    }
    return {name: round(value, 4) for name, value in known.items() if value is not None}
