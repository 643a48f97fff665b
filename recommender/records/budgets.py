"""What of a campaign's budget is taken: two counters, in all and for the day, changed under the campaign's lock."""

from datetime import UTC, datetime
from decimal import Decimal

from sqlalchemy import Connection, select

from recommender import money
from recommender.records.database import upsert
from recommender.records.tables import BUDGETS
from recommender.retention.offers import Budget

IN_ALL = ""


def covers(
    connection: Connection, shop: str, campaign_id: str, budget: Budget, day_starts: datetime, amount: Decimal
) -> bool:
    """Whether so much is left, in all and today."""
    limits = ((IN_ALL, budget.total), (_day(day_starts), budget.per_day))
    return all(
        limit is None or taken(connection, shop, campaign_id, budget.currency, day) + amount <= limit
        for day, limit in limits
    )


def take(
    connection: Connection, shop: str, campaign_id: str, currency: str, day_starts: datetime | None, amount: Decimal
) -> None:
    """Count so much as taken; a negative amount gives back, to the day it was taken from."""
    coins = money.to_minor(amount, currency)
    for day in (IN_ALL, *([] if day_starts is None else [_day(day_starts)])):
        row = {"shop": shop, "campaign_id": campaign_id, "currency": currency, "day": day, "taken": coins}
        insert = upsert(connection, BUDGETS).values(row)
        keys = [BUDGETS.c.shop, BUDGETS.c.campaign_id, BUDGETS.c.currency, BUDGETS.c.day]
        sums = {"taken": BUDGETS.c.taken + coins}
        connection.execute(insert.on_conflict_do_update(index_elements=keys, set_=sums))


def taken(connection: Connection, shop: str, campaign_id: str, currency: str, day: str = IN_ALL) -> Decimal:
    """What is taken: reserved and spent."""
    own = (BUDGETS.c.shop == shop, BUDGETS.c.campaign_id == campaign_id, BUDGETS.c.currency == currency)
    found = connection.scalar(select(BUDGETS.c.taken).where(*own, BUDGETS.c.day == day))
    return money.from_minor(found or 0, currency)


def _day(starts: datetime) -> str:
    return starts.astimezone(UTC).isoformat()
