"""What holds for a shop and all its campaigns."""

from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field

from recommender.parts import Part
from recommender.refusals import refusal
from recommender.retention.audience import Country

PRICE_HISTORY = frozenset({
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IS", "IT", "LI", "LT",
    "LU", "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK",
})  # fmt: skip
"""Countries of the EU and the EEA: there an announced reduction shows the lowest price of the last thirty days
(Directive 98/6/EC, article 6a)."""


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise refusal("", name, "use a name of the time zone database, like Europe/Berlin") from None
    return name


class ShopSettings(Part):
    """Where the shop sells."""

    timezone: Annotated[str, AfterValidator(_zone)] = "UTC"
    """In which schedules run and days begin."""
    country: Country | None = None
    """Whose law its prices follow; left out: none that asks for a price history."""

    @property
    def zone(self) -> ZoneInfo:
        """The time zone."""
        return ZoneInfo(self.timezone)

    @property
    def shows_lowest_price(self) -> bool:
        """Whether a reduction must show the lowest price of the last thirty days."""
        return self.country in PRICE_HISTORY


class PopupSettings(Part):
    """What all popups have in common."""

    cooldown_minutes: Annotated[float, Field(ge=0, le=43_200)] = 5
    """No popup opens within so long after another one, of any campaign."""
