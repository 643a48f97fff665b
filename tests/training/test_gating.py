"""Gates are learned from visitors whom chance made the offer or not, and judged by others of them."""

from typing import Any

import numpy as np
import pytest

from recommender.experiments import gate_trial
from recommender.models.gates import Gates
from recommender.models.uplift import UpliftConfig
from recommender.retention.campaign import Campaign
from recommender.retention.features import FEATURES
from tests.training.measuring.logs import log
from training.gating import gates

CONFIG = UpliftConfig(least=200, trees=20, min_leaf=40)
SALE = Campaign.model_validate({"id": "sale", "offer": {"amount": 4, "currency": "EUR"}, "gate": True})
MARGIN = 20.0


def met(
    place: int, *, offered: bool, cart: float, share: float = 0.5, gate: dict[str, Any] | None = None, **more: Any
) -> dict[str, Any]:
    """A visitor whom the campaign met, with or without its offer."""
    assert SALE.offer is not None
    layer = {"experiment": "offers", "variant": "shown" if offered else "holdout",
             "propensity": 1 - share if offered else share}  # fmt: skip
    extra = {
        "promotion_id": "sale",
        "offer": SALE.offer.digest,
        "layers": [layer],
        "facts": {"cart_value": cart, "orders": 1.0},
        "gate": gate or {"on": False, "outside": 0.2},
    }
    return {"event": "promotion_offered", "visitor_id": f"v{place}", "at": 0, "extra": extra | more}


def bought(place: int, at: float = 0.1) -> dict[str, Any]:
    paid = {"value": 30.0, "currency": "EUR", "item_id": "a", "quantity": 1.0}
    return {"visitor_id": f"v{place}", "order_id": f"o{place}", "at": at, **paid}


def shop(visitors: int, moved: float, *, share: float = 0.5, seed: int = 1) -> list[dict[str, Any]]:
    """Small carts are moved by an offer from .1 to .1 + `moved`; large ones buy at .4 whatever they are offered."""
    draw, events = np.random.default_rng(seed), list[dict[str, Any]]()
    for place in range(visitors):
        offered, cart = bool(draw.random() >= share), float(draw.uniform(0, 100))
        events.append(met(place, offered=offered, cart=cart, share=share))
        if draw.random() < (0.4 if cart > 50 else 0.1 + moved * offered):
            events.append(bought(place))
    return events


def learned(events: list[dict[str, Any]]) -> Gates | None:
    return gates(log(*events), [SALE], {"a": 10.0}, 1000, CONFIG)


@pytest.fixture(scope="module")
def moved() -> Gates:
    found = learned(shop(6_000, 0.4))
    assert found is not None
    return found


def test_a_gate_that_earns_more_is_on_and_offers_to_whom_it_moves(moved: Gates) -> None:
    assert SALE.offer is not None
    gate = moved.of("sale", SALE.offer.digest)
    assert gate is not None
    assert gate.standing.on
    assert (gate.standing.margin, gate.standing.discount) == (MARGIN, 4.0)
    assert min(gate.standing.over_never[1], gate.standing.over_always[1]) > 0
    assert 0.3 < gate.standing.offered < 0.7
    small, large = (gate.decide({"cart_value": cart, "orders": 1.0}, outside=False) for cart in (10.0, 90.0))
    assert (small.offer, large.offer) == (True, False)
    assert small.expected == pytest.approx(0.4 * MARGIN - 0.5 * 4, abs=1.5)


def test_visitors_whom_offers_do_not_move_leave_it_off() -> None:
    found = learned(shop(3_000, 0.0))
    assert found is not None
    assert not found.campaigns["sale"].standing.on


def test_another_offer_is_another_matter(moved: Gates) -> None:
    dearer = Campaign.model_validate({"id": "sale", "offer": {"amount": 5, "currency": "EUR"}, "gate": True})
    recoded = Campaign.model_validate(
        {"id": "sale", "offer": {"amount": 4, "currency": "EUR", "code": {"shared": "SPRING"}}, "gate": True}
    )
    assert dearer.offer is not None
    assert recoded.offer is not None
    assert moved.of("sale", dearer.offer.digest) is None
    assert moved.of("sale", recoded.offer.digest) is not None, "the code is no part of what it promises"
    assert gates(log(*shop(1_500, 0.4)), [dearer], {}, 1000, CONFIG) is None


def test_whom_the_gate_chose_teaches_it_nothing() -> None:
    # The gate is on: of those it decided about, everybody buys; chance says that offers move nobody.
    on = {"on": True, "outside": 0.2}
    chosen = [met(10_000 + place, offered=True, cart=10, gate=on | {"reason": "pays"}) for place in range(1_500)]
    both = [*shop(1_600, 0.0), *chosen, *(bought(10_000 + place) for place in range(1_500))]
    alone, found = learned(shop(1_600, 0.0)), learned(both)
    assert alone is not None
    assert found is not None
    assert found.campaigns["sale"].standing == alone.campaigns["sale"].standing


def test_once_it_is_on_those_outside_are_compared_with_the_chance_that_they_had(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Half are withheld the offer; of the others a fifth are outside: .5 * .2 = .1 stand beside .5, so .1 / .6."""
    found: list[np.ndarray] = []

    def watched(*given: Any, propensity: np.ndarray, **more: Any) -> gate_trial.Trial:
        found.append(propensity)
        return judged(*given, propensity=propensity, **more)

    judged = gate_trial.trial
    monkeypatch.setattr(gate_trial, "trial", watched)
    on, draw = {"on": True, "outside": 0.2}, np.random.default_rng(1)
    events: list[dict[str, Any]] = []
    for place, offered in enumerate(draw.random(3_000) < 1 / 6):
        reason = {"reason": "outside"} if offered else {}
        events.append(met(place, offered=bool(offered), cart=10, gate=on | reason))
        events += [bought(place)] if draw.random() < 0.2 else []

    assert learned(events) is not None
    np.testing.assert_allclose(found[0], 1 / 6)


def test_only_orders_of_a_week_after_the_first_meeting_count() -> None:
    events = shop(1_600, 0.3)
    late = [one | {"at": 7.5} for one in events if "order_id" in one]
    assert learned([one for one in events if "order_id" not in one] + late) is None, "nobody bought without"
    again = [met(place, offered=True, cart=1) for place in range(1_600)]
    one, other = learned(events), learned([*events, *(one | {"at": 3} for one in again)])
    assert one is not None
    assert other is not None
    assert one.campaigns["sale"].standing == other.campaigns["sale"].standing


def test_too_few_visitors_teach_nothing() -> None:
    assert learned(shop(300, 0.4)) is None
    assert learned([bought(1)]) is None


def test_what_is_saved_is_what_is_opened(moved: Gates, tmp_path: Any) -> None:
    moved.save(tmp_path / "gates")
    opened = Gates.load(tmp_path / "gates").campaigns["sale"]
    assert opened.standing == moved.campaigns["sale"].standing
    lines = np.random.default_rng(1).uniform(0, 100, (50, len(FEATURES))).astype(np.float32)
    for one, other in zip(opened.model.chances(lines), moved.campaigns["sale"].model.chances(lines), strict=True):
        assert (one == other).all()


def test_an_order_counts_by_what_the_offer_takes_off_it() -> None:
    tiers = Campaign.model_validate({"id": "sale", "offer": {"tiers": True, "currency": "EUR"}, "gate": True})
    assert tiers.offer is not None
    events = [
        one | ({"extra": one["extra"] | {"offer": tiers.offer.digest}} if "extra" in one else {"value": 150.0})
        for one in shop(1_600, 0.2)
    ]
    found = gates(log(*events), [tiers], {"a": 10.0}, 1000, CONFIG)
    assert found is not None
    assert found.campaigns["sale"].standing.discount == pytest.approx(7.5), "5 % above 100"
