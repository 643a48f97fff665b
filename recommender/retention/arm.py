"""The arm token: what a page may ask for when a trigger fires, signed so that nobody can ask for anything else."""

from dataclasses import dataclass, replace

from recommender.engine.page import Page, PageType
from recommender.retention.facts import Device
from recommender.retention.knowledge import Told
from recommender.tokens import opened, sealed

PURPOSE = "arm"
LIFE_SECONDS = 2 * 60 * 60
"""How long a page that stands open may still ask."""


@dataclass(frozen=True, slots=True)
class Arm:
    """One campaign, armed for one visitor on one page."""

    shop: str
    arm_id: str
    """Unique; asking twice with it gives the same decision."""
    campaign_id: str
    visitor_id: str | None
    """None: without consent; nothing about the visitor is known or kept."""
    customer_id: str | None
    session_id: str | None
    expires: int
    """Unix seconds."""
    told: Told
    """What the page said; of attributes only those that the campaign asks for."""

    def sign(self, key: str) -> str:
        """The token, signed with the shop's key."""
        told = self.told
        page = [told.page.type.value, told.page.item_id, told.page.category, told.page.query]
        seen = [told.url, told.referrer, told.page_views, told.country, told.device, dict(told.attributes)]
        person = [self.visitor_id, self.customer_id, self.session_id]
        return sealed([self.shop, self.arm_id, self.campaign_id, person, self.expires, page, seen], PURPOSE, key)

    def of_nobody(self) -> "Arm":
        """The same without the person, whose consent was taken back since."""
        return replace(self, visitor_id=None, customer_id=None, session_id=None)

    @classmethod
    def read(cls, token: str, key: str) -> "Arm":
        """What a token was made of; what a newer Vitrine adds at the end of its parts is left out.

        Raises:
            InputError: it was altered, or another shop's key signed it.
        """
        shop, arm_id, campaign_id, person, expires, page, seen, *_ = opened(token, PURPOSE, key)
        type_, item_id, category, query, *_ = page
        url, referrer, views, country, device, attributes, *_ = seen
        about = Page(PageType(type_), item_id, category, query)
        told = Told(about, url, referrer, views, country, Device(device) if device else None, attributes)
        visitor_id, customer_id, session_id, *_ = person
        return cls(shop, arm_id, campaign_id, visitor_id, customer_id, session_id, expires, told)
