"""The chance of an order: how it is judged, calibrated, learned, and what is known at each moment of a visit."""

from datetime import UTC
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from recommender.errors import ArtifactError
from recommender.models.arrays import FloatArray
from recommender.models.intent.calibration import calibrate
from recommender.models.intent.course import FEATURES, KINDS, NO_ITEM, OTHER, Lines, Rows, examples, present
from recommender.models.intent.model import Intent, IntentConfig, IntentModel
from recommender.models.intent.quality import Quality, aupr, auroc, ece
from tests.recommender.models.contract import ModelContract

NAMES = ("interest", "noise")
QUICK = IntentConfig(trees=20, folds=2, min_leaf=20)
BASE = 1_749_988_800.0
"""2025-06-15 12:00 UTC, a Sunday."""


def shop(size: int = 3000, seed: int = 1) -> tuple[FloatArray, NDArray[np.bool_], NDArray[np.float64]]:
    """A table whose first column makes orders likelier, what became of its lines, and how likely they truly were."""
    random = np.random.default_rng(seed)
    table = random.normal(size=(size, 2)).astype(np.float32)
    chances = 1 / (1 + np.exp(2 - 1.5 * table[:, 0].astype(np.float64)))
    return table, random.random(size) < chances, chances


@pytest.fixture(scope="module")
def fitted() -> IntentModel:
    table, bought, _ = shop()
    return IntentModel.fit(table, bought, NAMES, QUICK)


class TestIntentModel(ModelContract):
    @pytest.fixture
    def model(self, fitted: IntentModel) -> IntentModel:
        return fitted


def test_areas_are_those_worked_out_by_hand() -> None:
    bought = np.array([True, False, True, False])
    scores = np.array([0.9, 0.8, 0.4, 0.1])
    assert auroc(bought, scores) == 0.75  # of four pairs one is the wrong way round
    assert aupr(bought, scores) == pytest.approx((1 + 2 / 3) / 2)
    assert auroc(bought, np.zeros(4)) == aupr(bought, np.zeros(4)) == 0.5


def test_the_calibration_error_is_that_worked_out_by_hand() -> None:
    bought = np.array([True, False, False, True])
    chances = np.array([0.25, 0.25, 0.25, 1.0])
    assert ece(bought, chances) == pytest.approx(0.75 * abs(0.25 - 1 / 3))
    assert Quality.of(bought, chances).base_rate == 0.5


def test_calibration_pools_what_is_the_wrong_way_round() -> None:
    found = calibrate(np.array([1.0, 2.0, 3.0, 4.0]), np.array([False, True, False, True]))
    assert found.scores.tolist() == [1.0, 2.5, 4.0]
    assert found.chances.tolist() == [0.0, 0.5, 1.0]


def test_chances_mean_what_they_say_and_tell_buyers_apart(fitted: IntentModel) -> None:
    table, bought, truly = shop(seed=2)
    found = Quality.of(bought, fitted.probabilities(table))
    assert found.auroc > auroc(bought, truly) - 0.03
    assert found.ece < 0.03
    assert found.brier < found.base_rate * (1 - found.base_rate)


def test_cases_of_one_group_are_kept_together() -> None:
    """A case that stands there twice tells nothing of itself when its twin is learned from as well."""
    _, bought, _ = shop(600)
    noise = np.random.default_rng(3).normal(size=(600, 2)).astype(np.float32)
    twice, flags = np.repeat(noise, 2, axis=0), np.repeat(bought, 2)
    config = QUICK.model_copy(update={"trees": 200, "min_leaf": 1})
    apart = IntentModel.fit(twice, flags, NAMES, config, groups=np.arange(1200) // 2)
    blind = IntentModel.fit(twice, flags, NAMES, config)
    assert np.ptp(apart.chances) < np.ptp(blind.chances)


def test_thresholds_tell_who_buys_anyway_and_who_never_will(fitted: IntentModel) -> None:
    usual = shop()[1].mean()
    assert fitted.intent(0.5) is Intent.BUYS_ANYWAY
    assert fitted.intent(0.49) is Intent.UNDECIDED
    assert fitted.intent(usual / 4) is Intent.WILL_NOT_BUY


def test_a_model_of_other_features_is_refused(fitted: IntentModel, tmp_path: Path) -> None:
    fitted.save(tmp_path / "m")
    assert IntentModel.load(tmp_path / "m", NAMES).text == fitted.text
    with pytest.raises(ArtifactError, match="other features"):
        IntentModel.load(tmp_path / "m", FEATURES)


@given(st.lists(st.tuples(st.floats(-1e6, 1e6), st.floats(width=32)), min_size=1, max_size=20))
def test_a_chance_lies_between_0_and_1_and_never_falls_with_the_score(lines: list[tuple[float, float]]) -> None:
    model = few()
    chances = model.probabilities(np.array(lines, np.float32))
    assert ((chances >= 0) & (chances <= 1)).all()
    assert (np.diff(model.chances) >= 0).all()


@cache
def few() -> IntentModel:
    """A model of few cases."""
    return IntentModel.fit(*shop(400)[:2], NAMES, QUICK)


def rows(*told: tuple[float, str, int]) -> Rows:
    """Seconds after noon, event and item; item n costs n + 1 and is of category n // 2."""
    times, names, items = zip(*told, strict=True)
    numbers = np.array(items, np.int32)
    return Rows(
        times=BASE + np.array(times, np.float64),
        kinds=np.array([KINDS.get(name, OTHER) for name in names], np.uint8),
        items=numbers,
        categories=np.where(numbers >= 0, numbers // 2, NO_ITEM).astype(np.int32),
        prices=np.where(numbers >= 0, numbers + 1.0, np.nan).astype(np.float32),
        quantities=np.full(len(times), 2, np.float32),
    )


def line(lines: Lines, place: int) -> dict[str, float]:
    """What one line says, without what is 0 or unknown, and without the clock."""
    told = dict(zip(FEATURES, lines.table[place].tolist(), strict=True))
    return {name: value for name, value in told.items() if value and value == value and name != "weekday"}


def test_the_moments_of_a_visit_are_those_worked_out_by_hand() -> None:
    found = examples(
        rows((0, "view_item", 0), (60, "view_item", 2), (70, "view_item", 0), (100, "add_to_cart", 2),
             (150, "remove_from_cart", 2), (160, "view_cart", 0), (160, "view_cart", 2), (200, "search", NO_ITEM)),
        UTC,
    )  # fmt: skip
    assert (found.moments - BASE).tolist() == [0, 0, 60, 70, 100, 150, 160, 200]
    assert not found.bought.any()
    assert line(found, 0) == {"hour": 12}
    assert line(found, 4) == {
        "views": 3, "adds": 1, "steps": 4, "items": 2, "categories": 2, "repeats": 1, "seconds": 100, "last_gap": 30,
        "longest_gap": 60, "cart_pieces": 2, "cart_value": 6, "last_kind": 3, "last_price": 3, "mean_price": 2,
        "hour": 12,
    }  # fmt: skip
    last = line(found, 7)
    assert (last["removals"], last["cart_views"], last["searches"], last["steps"]) == (1, 1, 1, 7)
    assert ("cart_pieces" not in last, last["steps_since_add"]) == (True, 3)
    assert found.table[7, FEATURES.index("weekday")] == 6


def test_an_order_ends_a_course_and_the_next_one_knows_of_it() -> None:
    found = examples(
        rows(
            (0, "view_item", 0), (30, "purchase", 0), (30, "purchase", 1), (60, "view_item", 1), (9000, "view_item", 1)
        ),
        UTC,
    )
    assert found.bought.tolist() == [True, True, False, False, False, False]
    assert len(set(found.courses[:2])) == 1
    assert found.courses[2] != found.courses[4]
    assert line(found, 3)["days_bought"] == line(found, 3)["days_seen"] == 1
    assert line(found, 3)["days_since_bought"] == pytest.approx(30 / 86_400)
    assert line(found, 5)["days_since_seen"] == pytest.approx(8940 / 86_400)


def test_a_popup_that_was_met_keeps_a_visit_going_and_is_no_step() -> None:
    apart = examples(rows((0, "view_item", 0), (3000, "view_item", 0)), UTC)
    bridged = examples(rows((0, "view_item", 0), (1500, "promotion_offered", NO_ITEM), (3000, "view_item", 0)), UTC)
    assert (len(set(apart.courses)), len(set(bridged.courses))) == (2, 1)
    assert line(bridged, 2)["repeats"] == 1
    assert line(bridged, 2)["steps"] == 2


EVENTS = st.tuples(st.integers(1, 4000), st.sampled_from([*KINDS, "refund"]), st.integers(0, 5))


@given(st.lists(EVENTS, min_size=1, max_size=25))
def test_the_present_moment_is_a_moment_of_the_visit(told: list[tuple[int, str, int]]) -> None:
    times = np.cumsum([gap for gap, _, _ in told])
    whole = rows(*((float(time), name, item) for time, (_, name, item) in zip(times, told, strict=True)))
    lines = examples(whole, UTC)
    for count in range(1, len(told) + 1):
        before = whole.part(0, count)
        if before.kinds[-1] in {KINDS["purchase"], OTHER}:
            continue
        found = present(before, float(before.times[-1]) + 5, UTC)
        here = lines.table[lines.moments == before.times[-1]][-1:]
        np.testing.assert_array_equal(found, here)
