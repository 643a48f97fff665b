"""The short form of `python -m tests.proofs policies`."""

import numpy as np

from recommender.experiments.estimators import Evaluation
from recommender.experiments.overlap import Refusal
from recommender.experiments.policies import ItemLog, ItemPolicy, evaluate_items
from recommender.models.uplift import Learner, UpliftConfig
from tests.proofs import carousels, offers
from tests.proofs.learned import learned
from tests.proofs.policies import interleaved, off_policy, regret, uplift


def test_estimates_are_unbiased_and_their_intervals_hold_the_truth() -> None:
    for name, (bias, error, _, held) in off_policy(60, 2_000, 0.7, seed=1).items():
        assert abs(bias) < 3.3 * error, name
        assert held >= 0.87, name


def test_a_policy_is_worth_by_another_log_what_it_earns_itself() -> None:
    draw, shape = np.random.default_rng(4), (3, 8)
    rates = draw.beta(2, 8, shape)
    positions, items = draw.integers(3, size=8_000), draw.integers(8, size=8_000)
    clicks = (draw.random(8_000) < rates[positions, items]).astype(float)
    log = ItemLog(items, positions, np.full(8_000, 1 / 8), clicks)
    chances = rates**2 / (rates**2).sum(axis=1, keepdims=True)
    found = evaluate_items(log, ItemPolicy(chances), seed=1)
    assert isinstance(found, Evaluation)
    truth = (chances * rates).sum(axis=1).mean()
    for one in (found.ips, found.snips, found.dr):
        assert one is not None
        assert one.interval.low < truth < one.interval.high
    assert found.logged.interval.high < truth


def test_a_policy_of_what_was_never_shown_is_refused() -> None:
    log = ItemLog(np.zeros(500, int), np.zeros(500, int), np.ones(500), np.ones(500))
    refusal = evaluate_items(log, ItemPolicy(np.array([[0.0, 1.0]])), seed=1)
    assert isinstance(refusal, Refusal)
    assert "effective sample size is 0 of 500 lines; 100 are needed" in refusal.why


def test_learning_loses_less_than_any_fixed_rule_and_ever_less() -> None:
    told = [*regret(40, 32, 1_000, seed=1)]
    assert len(told) == 8


def test_weights_learned_from_the_log_lose_less_than_equal_ones() -> None:
    lost, equal, weights = learned(6, 900, seed=1)
    assert lost < 0.8 * equal
    assert max(weights, key=lambda name: weights[name]) == "brief"


def test_interleaving_sees_sooner_than_two_groups() -> None:
    assert len([*interleaved(40, 500, seed=1)]) == 3


def test_a_report_on_one_list_of_two_strategies_tells_what_two_groups_do_not() -> None:
    assert carousels.told(2_500, carousels.LISTS, seed=1) == "new"
    assert carousels.told(2_500, (carousels.LISTS[0], carousels.LISTS[0]), seed=1) is None
    assert not carousels.in_groups(2_500, seed=1)


def test_the_gate_earns_more_than_offers_to_all_or_none() -> None:
    assert len([*uplift(8_000, Learner.X, seed=1)]) == 2


def test_a_gate_learned_from_the_log_earns_more_and_stays_off_where_offers_move_nobody() -> None:
    config = UpliftConfig(least=300, trees=30, min_leaf=60)
    found = offers.learned(6_000, 0.35, 1, 0.3, config)
    assert found.on
    assert found.gated > max(found.always, found.never)
    assert not offers.learned(4_000, 0.0, 1, 0.3, config).on
