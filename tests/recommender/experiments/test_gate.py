"""Offers only where they pay."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.errors import InputError
from recommender.experiments.gate import Chances, Gate, GateReason, gains
from recommender.experiments.gate_trial import trial

CHANCES = Chances(np.array([0.1, 0.1]), np.array([0.5, 0.5]))


def test_an_offer_pays_when_what_it_brings_exceeds_what_it_gives_away() -> None:
    # .05 · 20 - .15 · 4 and .02 · 20 - .12 · 4.
    pays, costs = Gate(on=True).decide(0.1, 0.15, 20.0, 4.0), Gate(on=True).decide(0.1, 0.12, 20.0, 4.0)
    assert (pays.offer, pays.reason, pays.expected) == (True, GateReason.PAYS, pytest.approx(0.4))
    assert (costs.offer, costs.reason, costs.expected) == (False, GateReason.DOES_NOT_PAY, pytest.approx(-0.08))


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 100), st.floats(0, 100))
def test_a_gate_that_is_off_offers_to_everybody_and_says_so(
    p0: float, p1: float, margin: float, discount: float
) -> None:
    decision = Gate().decide(p0, p1, margin, discount)
    assert (decision.offer, decision.reason) == (True, GateReason.UNPROVEN)
    assert decision.expected == gains(Chances(np.array([p0]), np.array([p1])), margin, discount)[0]


def test_a_trial_is_doubly_robust_by_hand() -> None:
    found = trial(CHANCES, [True, False], [True, False], margin=10.0, discount=2.0, propensity=0.5)
    # Offered: .5 · 8 + 2 · .5 · 8 is 12 against 1. Not: 4 against 1 - 2 · .1 · 10, which is -1.
    assert found.over_never.value == pytest.approx((11 + 5) / 2)
    assert found.over_never.error == pytest.approx(3.0)
    assert (found.over_always.value, found.offered, found.visitors) == (0.0, 1.0, 2)
    assert not found.proven()


def test_a_gate_that_is_shut_is_judged_against_offering_to_all() -> None:
    found = trial(CHANCES, [True, False], [True, False], margin=10.0, discount=9.0, propensity=0.5)
    # Offered: .5 + 2 · .5 against 1; not: .5 against -1.
    assert found.over_always.value == pytest.approx((-0.5 - 1.5) / 2)
    assert (found.over_never.value, found.offered) == (0.0, 0.0)


def simulated(moved: np.ndarray, seed: int) -> tuple[Chances, np.ndarray, np.ndarray]:
    draw = np.random.default_rng(seed)
    chances = Chances(np.full(len(moved), 0.2), 0.2 + moved)
    offered = draw.random(len(moved)) < 0.5
    return chances, offered, draw.random(len(moved)) < np.where(offered, chances.offered, chances.without)


def test_it_opens_where_some_are_moved_and_others_are_not() -> None:
    found = trial(*simulated(np.tile([0.3, 0.0], 4_000), 1), margin=20.0, discount=5.0, propensity=0.5)
    assert found.proven()
    # Half gain .3 · 20 - .5 · 5, half would cost .2 · 5.
    assert found.over_never.interval().low < 3.5 / 2 < found.over_never.interval().high
    assert found.over_always.interval().low < 0.5 < found.over_always.interval().high


def test_it_stays_off_where_what_was_foretold_is_not_true() -> None:
    _, offered, bought = simulated(np.zeros(4_000), 2)
    foretold = Chances(np.full(4_000, 0.2), np.tile([0.6, 0.2], 2_000))
    assert not trial(foretold, offered, bought, margin=20.0, discount=5.0, propensity=0.5).proven()


def test_visitors_whom_chance_did_not_decide_cannot_judge() -> None:
    with pytest.raises(InputError, match="propensity"):
        trial(CHANCES, [True, True], [True, False], margin=10.0, discount=2.0, propensity=1.0)


def test_nobody_proves_nothing() -> None:
    none = np.empty(0)
    assert not trial(Chances(none, none), none, none, margin=1.0, discount=0.0, propensity=0.5).proven()


def test_every_reason_is_explained() -> None:
    assert all(reason.explanation for reason in GateReason)


def test_some_stay_outside_a_gate_that_is_on_and_nobody_of_one_that_is_off() -> None:
    on, off = Gate(on=True).decide(0.5, 0.5, 10, 3, outside=True), Gate().decide(0.5, 0.5, 10, 3, outside=True)
    assert (on.offer, on.reason, on.expected) == (True, GateReason.OUTSIDE, -1.5)
    assert (off.offer, off.reason) == (True, GateReason.UNPROVEN)
