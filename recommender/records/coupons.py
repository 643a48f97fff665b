"""Coupons at checkout: each call is one transaction, and an Idempotency-Key makes it one however often it comes."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from recommender.errors import ConflictError
from recommender.records import checkout, giving, redeeming
from recommender.records.asking import Asked, RolledBack, Valid
from recommender.records.database import Database, lock
from recommender.records.tables import COUPON_CALLS, COUPONS
from recommender.retention.checkout import HOLD, Refused

Answer = dict[str, Any]


@dataclass(frozen=True)
class Repeatable:
    """An Idempotency-Key, and the fingerprint of the call that came with it."""

    key: str
    asked: str


class Coupons:
    """The shop's codes at checkout."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def validate(self, shop: str, asked: Asked, now: datetime) -> Valid | Refused:
        """What the code would come to; one that holds is kept for the checkout, past its deadline if need be."""
        with self._database.write() as connection:
            found = checkout.find(connection, shop, asked)
            if found is None:
                return checkout.unknown(connection, shop, asked.code)
            valid = checkout.judge(connection, shop, asked, found, now)
            row = found.row
            if isinstance(valid, Valid) and row is not None and row.ends_at is not None:
                kept = update(COUPONS).where(COUPONS.c.coupon_id == row.coupon_id, COUPONS.c.state == giving.GIVEN)
                connection.execute(kept.values(held_until=now + HOLD))
            return valid

    def redeem(
        self,
        shop: str,
        asked: Asked,
        now: datetime,
        shown: Callable[[Valid], Answer],
        repeatable: Repeatable | None = None,
    ) -> Answer | Refused:
        """Use the code for the order that `asked` names; `shown` makes the answer.

        Raises:
            ConflictError: the key came with another call before.
            InputError: cashback is to be credited, and nobody is named.
        """
        with self._database.write() as connection:
            known = _known(connection, shop, repeatable)
            if known is not None:
                return known
            used = redeeming.redeem(connection, shop, asked, now)
            return used if isinstance(used, Refused) else _kept(connection, shop, repeatable, shown(used), now)

    def rollback(
        self,
        shop: str,
        code: str,
        order_id: str,
        now: datetime,
        shown: Callable[[RolledBack], Answer],
        repeatable: Repeatable | None = None,
    ) -> Answer | None:
        """Take an order's use of a code back; None when the order did not use it.

        Raises:
            ConflictError: the key came with another call before.
        """
        with self._database.write() as connection:
            known = _known(connection, shop, repeatable)
            if known is not None:
                return known
            back = redeeming.roll_back(connection, shop, code, order_id, now)
            return None if back is None else _kept(connection, shop, repeatable, shown(back), now)


def _known(connection: Connection, shop: str, repeatable: Repeatable | None) -> Answer | None:
    """What was answered to the same call before; others with the key wait until this one is answered."""
    if repeatable is None:
        return None
    lock(connection, f"call|{shop}|{repeatable.key}")
    query = select(COUPON_CALLS).where(COUPON_CALLS.c.shop == shop, COUPON_CALLS.c.key == repeatable.key)
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    if row.asked != repeatable.asked:
        raise ConflictError(
            f"Idempotency-Key: {repeatable.key!r} came with another call before; send a new key with a new call"
        )
    return dict(json.loads(row.answer))


def _kept(connection: Connection, shop: str, repeatable: Repeatable | None, answer: Answer, now: datetime) -> Answer:
    if repeatable is not None:
        row = {"shop": shop, "key": repeatable.key, "asked": repeatable.asked, "answer": json.dumps(answer), "at": now}
        connection.execute(insert(COUPON_CALLS).values(row))
    return answer
