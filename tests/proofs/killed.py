"""A process that is killed in the middle of a coupon's life: python -m tests.proofs.killed URL MOMENT."""

import os
import signal
import sys
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

from recommender.records import Records, budgets, paying
from recommender.records.asking import Asked, Valid
from recommender.records.giving import Person
from recommender.records.popups import Claim
from recommender.retention.cart import Cart, Line
from recommender.retention.offers import Budget, Offer
from tests.proofs.claims import CAMPAIGN, NOW, SHOP

END = NOW + timedelta(minutes=30)
BUDGET = Budget.model_validate({"total": 10, "currency": "EUR"})
OFFER = Offer.model_validate({"cashback": {"percent": 10}, "most": 10, "minutes": 30, "code": {"pool": True}})
CART = Cart("EUR", (Line("lamp", Decimal(1), Decimal(60)),))


def claim(arm: str = "a", visitor: str = "v") -> Claim:
    """A visitor who takes the whole budget."""
    return Claim(
        arm, CAMPAIGN, visitor, offer=OFFER, cost=Decimal(10), currency="EUR", budget=BUDGET, ends_at=END,
        reserved_until=END,
    )  # fmt: skip


def asked(code: str) -> Asked:
    """Their order."""
    return Asked(code, CART, Person("c", "v"), "o1")


def shown(valid: Valid) -> dict[str, Any]:
    """What the order is told."""
    return {"cashback": str(valid.benefit.cashback)}


def _die(*_: object, **__: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _dying(step: Callable[..., Any]) -> Callable[..., Any]:
    def last(*arguments: Any, **more: Any) -> Any:
        step(*arguments, **more)
        _die()

    return last


def main(url: str, moment: str) -> None:
    """Give a code, use it, and die: `reserving` or `redeeming` with everything written and nothing committed."""
    records = Records.open(url)
    if moment == "reserving":
        budgets.take = _dying(budgets.take)
    decision = records.popups.decide(SHOP, claim(), NOW)
    if moment == "reserved":
        _die()
    if moment == "redeeming":
        paying.credited = _dying(paying.credited)
    records.coupons.redeem(SHOP, asked(decision.code or ""), NOW, shown)
    _die()


if __name__ == "__main__":
    main(*sys.argv[1:])
