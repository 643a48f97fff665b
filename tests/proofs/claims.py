"""Many visitors who want a code at once: from several processes and threads, over one database."""

import multiprocessing
import random
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial

from recommender.records import Records
from recommender.records.popups import Claim
from recommender.retention.offers import Budget, Offer
from recommender.retention.reason import Reason

SHOP, CAMPAIGN = "proof", "flash"
NOW = datetime(2025, 6, 15, 12, tzinfo=UTC)
THREADS = 8
AGAIN = 10
"""Every tenth visitor's browser asks twice."""


@dataclass(frozen=True)
class Rush:
    """So many visitors at once."""

    claims: int
    codes: int | None
    """In the pool; None: codes are generated."""
    budget: Decimal
    seed: int = 1

    def offer(self) -> Offer:
        """What all of them want."""
        code = {"generated": {}} if self.codes is None else {"pool": True}
        return Offer.model_validate({"percent": 10, "most": 10, "minutes": 60, "code": code})

    def claim(self, visitor: int) -> Claim:
        """What one of them asks for, at a cost of its own."""
        cents = random.Random(f"{self.seed}/{visitor}").randint(1, 1000)
        end = NOW + timedelta(hours=1)
        return Claim(
            f"arm-{visitor}",
            CAMPAIGN,
            f"visitor-{visitor}",
            offer=self.offer(),
            cost=Decimal(cents) / 100,
            currency="EUR",
            budget=Budget(total=self.budget, currency="EUR"),
            day_starts=NOW.replace(hour=0),
            ends_at=end,
            reserved_until=end,
        )


@dataclass(frozen=True)
class Got:
    """What became of one visitor."""

    visitor: int
    code: str | None
    reason: Reason | None
    cost: Decimal
    same: bool
    """Who asked again got the same."""


def prepare(url: str, rush: Rush) -> None:
    """A shop with a pool."""
    records = Records.open(url)
    records.shops.create(SHOP, [], NOW)
    if rush.codes is not None:
        records.pool.upload(SHOP, CAMPAIGN, (f"CODE-{number:05}" for number in range(rush.codes)))
    records.close()


def claim_all(url: str, rush: Rush, processes: int) -> list[Got]:
    """Everybody asks, in an order that the seed shuffles; one process has threads only."""
    visitors = [*range(rush.claims)]
    random.Random(rush.seed).shuffle(visitors)
    if processes == 1:
        return claim_some(url, rush, visitors)
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        shares = pool.map(partial(claim_some, url, rush), [visitors[start::processes] for start in range(processes)])
    return [got for share in shares for got in share]


def claim_some(url: str, rush: Rush, visitors: Sequence[int]) -> list[Got]:
    """One process's visitors, by threads."""
    records = Records.open(url)
    with ThreadPoolExecutor(THREADS) as threads:
        found = [*threads.map(partial(_claim, records, rush), visitors)]
    records.close()
    return found


def _claim(records: Records, rush: Rush, visitor: int) -> Got:
    claim = rush.claim(visitor)
    decision = records.popups.decide(SHOP, claim, NOW)
    again = records.popups.decide(SHOP, claim, NOW) if visitor % AGAIN == 0 else decision
    same = (again.code, again.reason) == (decision.code, decision.reason)
    return Got(visitor, decision.code, decision.reason, claim.cost, same)


def check(url: str, rush: Rush, found: Iterable[Got]) -> str:
    """Everything that must hold; what was given is told."""
    everybody = [*found]
    given = [got for got in everybody if got.code is not None]
    spent = sum((got.cost for got in given), Decimal())
    records = Records.open(url)
    taken = records.popups.taken(SHOP, CAMPAIGN, NOW)
    states = Counter(one.state for one in records.pool.codes(SHOP))
    records.close()
    assert len(everybody) == rush.claims, "everybody is answered"
    assert all(got.same for got in everybody), "who asks again gets the same"
    assert len({got.code for got in given}) == len(given), "no code is given twice"
    assert spent <= rush.budget, f"{spent} of {rush.budget} is spent"
    assert taken.money == {"EUR": spent}, f"the budget counts {taken.money}, and {spent} was given"
    assert (taken.shown, taken.given, states["given"]) == (len(given),) * 3, "what was told is what is written"
    short = [got.cost for got in everybody if got.reason is Reason.BUDGET]
    assert all(cost > rush.budget - spent for cost in short), "nobody is refused whom the budget covers"
    if rush.codes is not None and not short:
        assert len(given) == min(rush.codes, rush.claims), f"{len(given)} codes were given"
        assert states["free"] == rush.codes - len(given)
    return f"{len(given)} of {rush.claims} got a code, none twice; {spent} EUR of {rush.budget} were set aside"
