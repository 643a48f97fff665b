"""Whether a shop's orders can carry the purchase models; if not, why."""

from recommender.lifecycle.histories import Purchases
from recommender.lifecycle.settings import LifecycleConfig

ORDERS = 3
"""Somebody must have bought on so many days: else nothing tells how long customers stay."""


def objections(purchases: Purchases, end: int, config: LifecycleConfig) -> list[str]:
    """What speaks against the models, in words; nothing if they can be fitted.

    Args:
        purchases: of the shop, up to `end`.
        end: the last day of the log.
        config: how much is enough.
    """
    known = purchases.until(end)
    if not len(known):
        return ["there are no orders"]
    repeats = known.summary(end).statistics
    buyers, days = int(repeats.customers.sum()), end - int(known.days.min())
    silent = end - int(known.days.max())
    found = {
        f"{buyers:,} ordered, and it takes {config.least_buyers:,} customers": buyers < config.least_buyers,
        f"orders go back {days:,} days, and it takes {config.least_days:,}": days < config.least_days,
        f"the last order is {silent:,} days old, and may be {config.silent_days}": silent > config.silent_days,
        f"nobody has ordered on {ORDERS} days": int(repeats.repeats.max()) + 1 < ORDERS,
    }
    return [words for words, holds in found.items() if holds]
