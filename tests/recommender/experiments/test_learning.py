"""Learned weights: what is known of each variant, when weights change, and who is drawn by which."""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.configuration import Configuration
from recommender.errors import ConfigurationError
from recommender.experiments.assigning import assigned, logged
from recommender.experiments.experiment import Experiment, Goal
from recommender.experiments.learned import Epoch, Learned, began, drawn_by, present
from recommender.experiments.learning import known, next_epoch
from recommender.experiments.moments import Moments
from recommender.experiments.thompson import Counts
from tests.recommender.experiments.test_experiment import experiment

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
VISITORS = [f"visitor-{number}" for number in range(4_000)]
LEARNING: dict[str, Any] = experiment(learn={"metric": "conversion", "floor": 0.1})
NAMES = [one["name"] for one in LEARNING["variants"]]
FIRST, SECOND = (Epoch(NOW + timedelta(days=day), dict(zip(NAMES, (0.2, 0.8), strict=True))) for day in (0, 1))
LEARNED: Learned = {LEARNING["id"]: (FIRST, SECOND)}


def learns(**more: Any) -> Experiment:
    return Experiment.model_validate(LEARNING | more)


def moments(visitors: int, bought: int) -> Moments:
    column = np.r_[np.ones(bought), np.zeros(visitors - bought)]
    return Moments.of({"converted": column, "profit": 10 * column})


def drawn(now: datetime, learned: Learned = LEARNED) -> list[tuple[str, float, str | None]]:
    configuration = Configuration.parse({"experiments": [LEARNING]})
    found = [assigned(configuration, "gifts", visitor, now, learned) for visitor in VISITORS]
    return [(one.variant, one.propensity, one.epoch) for each in found for one in each.placements.values()]


def test_visitors_are_drawn_by_the_weights_of_the_epoch_and_told_so() -> None:
    before, first = drawn(NOW - timedelta(seconds=1)), drawn(NOW)
    assert {one[1:] for one in before} == {(0.5, None)}
    assert {one[1:] for one in first} == {(0.2, FIRST.name), (0.8, FIRST.name)}
    share = sum(variant == NAMES[1] for variant, _, _ in first) / len(VISITORS)
    assert abs(share - 0.8) < 4 * (0.16 / len(VISITORS)) ** 0.5
    assert drawn(NOW + timedelta(hours=23)) == first, "it stays for the whole epoch"


def test_each_epoch_draws_anew() -> None:
    one, other = ([variant == NAMES[1] for variant, _, _ in drawn(NOW + timedelta(days=day))] for day in (0, 1))
    both = np.mean(np.array(one) & np.array(other))
    assert abs(both - 0.64) < 4 * (0.64 * 0.36 / len(VISITORS)) ** 0.5


def test_the_log_names_the_epoch() -> None:
    configuration = Configuration.parse({"experiments": [LEARNING]})
    (one,) = assigned(configuration, "gifts", "v", NOW, LEARNED).placements.values()
    assert logged([one])["epochs"] == {LEARNING["id"]: "2026-03-02T12:00Z"}
    assert began("2026-03-02T12:00Z") == NOW
    assert "epochs" not in logged(assigned(configuration, "gifts", "v", NOW, {}).placements.values())


def test_the_documents_weights_hold_where_nothing_is_learned_of_just_these_variants() -> None:
    assert present(learns(), LEARNED, NOW) == FIRST
    assert present(learns(), {}, NOW) is None
    assert present(learns(learn=None), LEARNED, NOW) is None
    more = [*LEARNING["variants"], {"name": "new"}]
    assert present(learns(variants=more), LEARNED, NOW) is None
    assert drawn_by([learns()], LEARNED, NOW) == {
        LEARNING["id"]: {"weights": FIRST.weights, "source": "learned", "since": NOW}
    }
    assert drawn_by([learns(), learns(id="other")], {}, NOW)["other"]["source"] == "document"


def test_one_stretch_is_known_by_its_counts() -> None:
    stretch = {"plain": moments(200, 20), "short": moments(100, 5)}
    assert known([stretch], Goal.CONVERSION, "converted") == {
        "plain": Counts(pytest.approx(20), pytest.approx(200)),
        "short": Counts(pytest.approx(5), pytest.approx(100)),
    }


def test_a_variant_is_not_praised_for_having_been_drawn_in_better_days() -> None:
    # Both convert alike, 10 % on the first day and 40 % on the second, when almost all have the second variant.
    days = [
        {"plain": moments(500, 50), "short": moments(500, 50)},
        {"plain": moments(100, 40), "short": moments(900, 360)},
    ]
    found = known(days, Goal.CONVERSION, "converted")
    assert found is not None
    rates = {name: one[0] / one[1] for name, one in found.items()}
    assert rates == pytest.approx({"plain": 0.25, "short": 0.25})
    # A quarter of the square of each day's share, by its visitors: 1 / (0.25 / 500 + 0.25 / 100).
    assert found["plain"][1] == pytest.approx(1 / (0.25 / 500 + 0.25 / 100))


def test_profit_is_known_with_its_error_once_enough_have_bought() -> None:
    few = {"plain": moments(200, 19), "short": moments(200, 30)}
    assert known([few], Goal.PROFIT, "profit") is None
    found = known([{"plain": moments(200, 20), "short": moments(200, 30)}], Goal.PROFIT, "profit")
    assert found is not None
    assert found["plain"][0] == pytest.approx(1.0)
    assert found["plain"][1] == pytest.approx((100 * 0.1 * 0.9 / 200) ** 0.5, rel=0.01)


def test_nothing_is_known_of_few_visitors() -> None:
    assert known([{"plain": moments(99, 20), "short": moments(500, 5)}], Goal.CONVERSION, "converted") is None
    assert known([], Goal.CONVERSION, "converted") is None


BETTER = {NAMES[0]: Counts(20, 1000), NAMES[1]: Counts(60, 1000)}


def test_the_better_variant_is_drawn_more_and_none_below_the_floor() -> None:
    epoch = next_epoch(learns(), None, BETTER, NOW.replace(second=30))
    assert epoch is not None
    assert epoch.weights == pytest.approx({NAMES[0]: 0.1, NAMES[1]: 0.9}, abs=0.001)
    assert epoch.starts == NOW + timedelta(minutes=2), "time for all processes to see it"


def test_weights_change_once_a_period_at_most_and_not_for_nothing() -> None:
    before = Epoch(NOW, {NAMES[0]: 0.5, NAMES[1]: 0.5})
    assert next_epoch(learns(), before, BETTER, NOW + timedelta(hours=20)) is None
    assert next_epoch(learns(), before, BETTER, NOW + timedelta(hours=24)) is not None
    assert next_epoch(learns(learn={"every": "hour"}), before, BETTER, NOW + timedelta(hours=1)) is not None
    same = Epoch(NOW, {NAMES[0]: 0.1, NAMES[1]: 0.9})
    assert next_epoch(learns(), same, BETTER, NOW + timedelta(days=2)) is None
    assert next_epoch(learns(), None, None, NOW) is None


counts = st.integers(100, 5_000).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of)))


@given(counts, counts, st.floats(0.001, 0.5))
def test_weights_add_up_and_keep_their_floor(one: tuple[int, int], other: tuple[int, int], floor: float) -> None:
    found = dict(zip(NAMES, (Counts(*one), Counts(*other)), strict=True))
    epoch = next_epoch(learns(learn={"floor": floor}), Epoch(NOW, {"x": 1.0}), found, NOW + timedelta(days=9))
    assert epoch is not None
    assert sum(epoch.weights.values()) == pytest.approx(1)
    assert min(epoch.weights.values()) >= floor - 1e-12


@pytest.mark.parametrize(
    ("learn", "said"),
    [
        ({"floor": 0.5}, r"experiments\[0\].learn.floor: 0.5 is not allowed; use at most 0.333"),
        ({"metric": "revenue"}, r"experiments\[0\].learn.metric: 'revenue'"),
        ({"every": "minute"}, r"experiments\[0\].learn.every: 'minute'"),
        ({"often": 1}, r"experiments\[0\].learn.often: 1 is not allowed; use metric, floor, every"),
    ],
)
def test_a_mistake_is_named_by_its_path(learn: dict[str, Any], said: str) -> None:
    three = [*LEARNING["variants"], {"name": "third"}]
    with pytest.raises(ConfigurationError, match=said):
        Configuration.parse({"experiments": [LEARNING | {"variants": three, "learn": learn}]})
