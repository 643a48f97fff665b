"""A gate of offers from the log back to the decision, as the product decides, logs, learns and decides again."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import NamedTuple

import numpy as np
import orjson
import polars as pl
from numpy.typing import NDArray

from recommender.models.gates import Gates
from recommender.models.uplift import UpliftConfig
from recommender.retention.campaign import Campaign
from recommender.retention.facts import Facts
from recommender.retention.withholding import Terms, terms
from tests.proofs.learned import START, frame
from training.gating import gates

CAMPAIGN = Campaign.model_validate({"id": "sale", "gate": True, "offer": {"amount": 4, "currency": "EUR"}})
SPENT, COST, DISCOUNT = 30.0, 10.0, 4.0


class Crowd(NamedTuple):
    """Visitors whose chances of buying are known."""

    facts: list[Facts]
    without: NDArray[np.float64]
    offered: NDArray[np.float64]

    @classmethod
    def of(cls, visitors: int, moved: float, seed: int) -> "Crowd":
        """Large carts are bought anyway; small ones of those who look around are moved by the offer."""
        draw = np.random.default_rng(seed)
        cart, looked = draw.gamma(2, 30, visitors), draw.poisson(4, visitors)
        without = 1 / (1 + np.exp(2.2 - cart / 40))
        effect = moved * (1 / (1 + np.exp((cart - 50) / 8))) * (looked > 2)
        facts = [
            Facts(cart_value=Decimal(str(round(value, 2))), items_viewed=int(seen), page_views=int(seen) + 1)
            for value, seen in zip(cart, looked, strict=True)
        ]
        return cls(facts, without, np.clip(without + effect, 0, 1))

    def profit(self, offer: NDArray[np.bool_]) -> float:
        """Expected, for each visitor."""
        margin = SPENT - COST
        return float(np.where(offer, self.offered * (margin - DISCOUNT), self.without * margin).mean())

    def met(self, name: str, share: float, learned: Gates | None) -> list[Terms]:
        """How each of them meets the campaign."""
        return [
            terms(CAMPAIGN, facts, "shop", f"{name}-{place}", share, learned) for place, facts in enumerate(self.facts)
        ]


def log(crowd: Crowd, met: list[Terms], name: str, seed: int) -> pl.DataFrame:
    """What the service writes down, and what the shop's server tells of orders."""
    draw, rows = np.random.default_rng(seed), []
    for place, one in enumerate(met):
        who, at = f"{name}-{place}", START + timedelta(seconds=place)
        made = one.withheld is None
        extra = {"promotion_id": CAMPAIGN.id, **one.logged()}
        rows.append((f"m-{who}", "promotion_offered", at, who, None, orjson.dumps(extra).decode(), None, None))
        if draw.random() < (crowd.offered if made else crowd.without)[place]:
            paid = SPENT - DISCOUNT * made
            rows.append((f"o-{who}", "purchase", at + timedelta(hours=1), who, paid, None, "a", None))
    return frame(rows)


class Found(NamedTuple):
    """What came of a gate."""

    on: bool
    gated: float
    """Profit for each visitor whom it decides about, another crowd of the same kind."""
    always: float
    never: float
    best: float
    """If effects were known."""
    made: float
    """Share who are made the offer."""


def learned(visitors: int, moved: float, seed: int, share: float, config: UpliftConfig | None = None) -> Found:
    """Learn a gate from a crowd, and let it decide about another."""
    past, future = Crowd.of(visitors, moved, seed), Crowd.of(visitors, moved, seed + 1)
    rows = log(past, past.met(f"past{seed}", share, None), f"past{seed}", seed)
    found = gates(rows.lazy(), [CAMPAIGN], {"a": COST}, 1000, config or UpliftConfig())
    met = future.met(f"future{seed}", share, found)
    asked = np.array([one.gate is not None and one.gate.reason.value != "outside" for one in met])
    made = np.array([one.withheld is None for one in met])
    own = Crowd([], future.without[asked], future.offered[asked])
    all_, gain = np.ones(asked.sum(), bool), (own.offered - own.without) * (SPENT - COST) - own.offered * DISCOUNT
    on = found is not None and found.campaigns["sale"].standing.on
    return Found(
        on, own.profit(made[asked]), own.profit(all_), own.profit(~all_), own.profit(gain > 0), made[asked].mean()
    )


def prove(seeds: int, visitors: int, seed: int) -> Iterator[str]:
    """A gate that is on earns more than offers to all and to none; without an effect it stays off."""
    found = [learned(visitors, 0.35, seed + 10 * place, 0.2) for place in range(seeds)]
    on = [one for one in found if one.on]
    told = {name: np.mean([getattr(one, name) for one in on]) for name in ("gated", "always", "never", "best", "made")}
    yield (
        f"a gate from the log, {visitors:,} visitors, {seeds} seeds: on in {len(on)}; profit a visitor "
        f"{told['gated']:.3f} with {told['made']:.0%} offered, {told['always']:.3f} with all, {told['never']:.3f} "
        f"with none, {told['best']:.3f} if effects were known"
    )
    assert len(on) >= 0.8 * seeds
    assert all(one.gated > max(one.always, one.never) for one in on)
    idle = [learned(visitors, 0.0, seed + 10 * place, 0.2) for place in range(seeds)]
    yield f"a gate of an offer that moves nobody, {seeds} seeds: on in {sum(one.on for one in idle)}"
    assert sum(one.on for one in idle) <= seeds * 0.025 + 3 * (seeds * 0.025) ** 0.5
