"""The short form of `python -m tests.proofs experiments`, on invented shoppers."""

import pytest

from recommender.experiments.verdict import Answer
from tests.proofs import experiments, reports
from tests.proofs.experiments import METRICS, a_a, answers, covered, cuped, daily, maturing, ratios, ratios_of_several
from tests.proofs.shoppers import Shoppers, invented


@pytest.fixture(scope="module")
def shoppers() -> Shoppers:
    return invented(seed=3)


def test_equal_variants_are_told_apart_as_often_as_allowed(shoppers: Shoppers) -> None:
    found = a_a(shoppers, 600, 10_000, seed=1)
    # Three standard errors of 600 tests.
    assert {name: rate for name, rate in found.items() if abs(rate - 0.05) > 0.027} == {}
    assert found.keys() == METRICS.keys()


def test_intervals_hold_the_true_lift(shoppers: Shoppers) -> None:
    assert {
        name: rate for name, rate in covered(shoppers, 600, 20_000, 0.5, 1).items() if abs(rate - 0.95) > 0.027
    } == {}


def test_looking_every_day_claims_no_more_and_without_care_it_would(shoppers: Shoppers) -> None:
    for name, (always, naive) in daily(shoppers, maturing, 60, 6_000, seed=1).items():
        assert always <= 0.05, name
        assert naive > 0.12, name


def test_cuped_shortens_intervals_and_does_not_move_them(shoppers: Shoppers) -> None:
    for name, (narrower, bias, error) in cuped(shoppers, 300, 4_000, seed=1).items():
        assert narrower < 0.99, name
        assert abs(bias) < 3.3 * error, name


def test_an_offer_that_sells_more_and_earns_less_is_a_loss(shoppers: Shoppers) -> None:
    metrics = {"conversion": METRICS["conversion"], "profit": METRICS["the same, winsorised"]}
    costly = shoppers.treated(1.03, 0.85)
    found = answers(shoppers, costly, metrics, 500_000, None, 40, seed=1)
    assert found["conversion"][Answer.GAIN] == 40
    assert found["profit"][Answer.LOSS] == 40


def test_the_planted_offer_is_found_as_often_as_announced(shoppers: Shoppers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(experiments, "DAYS", 7)
    told = [*experiments.planted(shoppers, 200, seed=2)]
    assert len(told) == 8


def test_the_sample_ratio_alarms_where_it_should() -> None:
    assert len([*ratios(150, 100_000, seed=1)]) == 2


def test_the_sample_ratio_of_several_variants_alarms_where_it_should() -> None:
    assert len([*ratios_of_several(100, 100_000, seed=1)]) == 2


def test_whole_reports_of_equal_groups_claim_no_more_than_allowed_and_find_what_is_planted(shoppers: Shoppers) -> None:
    """From logs on the disk to the answers, at four looks each."""
    found = reports.claims(shoppers, 4, 4_000, seed=1)
    assert found.claimed <= 1
    assert found.alarmed == 0
    assert max(found.missed.values(), default=0) <= 2
    better = reports.claims(shoppers, 1, 8_000, seed=1, extra=2.0)
    assert better.claimed == 1
