"""What a checkout needs to know of the shop's configuration."""

from collections.abc import Callable
from datetime import datetime

from api.shops import View
from recommender.experiments.assigning import tried
from recommender.records.asking import Public
from recommender.retention import codes
from recommender.retention.deciding import day_starts


def shared_codes(view: View, now: datetime) -> Callable[[str], Public | None]:
    """The shared codes of campaigns that run, in all their variants."""
    configuration = view.snapshot.configuration
    found: dict[str, Public] = {}
    for campaign in (*configuration.campaigns, *tried(configuration, now)):
        offer = campaign.offer
        if offer is None or offer.code is None or offer.code.shared is None or not campaign.enabled:
            continue
        if campaign.schedule.runs(now, configuration.shop.zone):
            public = Public(campaign.id, offer, campaign.budget, day_starts(view.snapshot, now))
            found.setdefault(codes.key(offer.code.shared), public)
    return found.get
