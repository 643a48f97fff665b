from typing import Any

import numpy as np
import pytest

from recommender.models.models import Models
from recommender.strategy import Strategy
from recommender.training import TrainingConfiguration
from training.search_space import SPACE, USES, Dimension, Tuned, applied, dimensions, field, merged, setting

DEFAULT = TrainingConfiguration()


@pytest.mark.parametrize("path", SPACE)
def test_every_setting_exists_and_its_default_lies_within_the_bounds(path: str) -> None:
    low, high, _ = SPACE[path]

    assert field(path).annotation in {int, float}
    assert low < high
    assert low <= setting(DEFAULT, path) <= high


@pytest.mark.parametrize("path", SPACE)
def test_every_value_within_the_bounds_is_allowed(path: str) -> None:
    low, high, _ = SPACE[path]

    for value in (low, high):
        assert setting(applied(DEFAULT, {path: value}), path) == value


def test_a_shop_that_has_set_nothing_where_steps_are_multiples_is_searched_in_even_steps() -> None:
    found = Dimension.of("bought_together.shrinkage", applied(DEFAULT, {"bought_together.shrinkage": 0}))

    assert found.bounds == (0, SPACE["bought_together.shrinkage"].high, False)


def test_every_setting_serves_a_strategy_and_every_use_names_settings() -> None:
    uses = {part for parts in USES.values() for part in parts}

    assert [path for path in SPACE if not path.startswith(tuple(uses))] == []
    assert [part for part in uses if not any(path.startswith(part) for path in SPACE)] == []


def test_what_can_be_tuned_is_each_strategy_or_all() -> None:
    assert {strategy.value for strategy in Tuned.ALL.strategies} | {"all"} == {tuned.value for tuned in Tuned}
    assert Tuned.SIMILAR.strategies == (Strategy.SIMILAR,)


def test_settings_of_models_that_a_log_does_not_carry_are_left_out() -> None:
    paths = [found.path for found in dimensions(Tuned.ALL.strategies, DEFAULT, Models.empty())]

    assert {path.partition(".")[0] for path in paths} == {"popularity"}


@pytest.mark.parametrize(("value", "bounds"), [(0.7, (0, 1)), (3.0, (0, 3))])
def test_what_a_shop_has_set_stays_within_reach(value: float, bounds: tuple[float, float]) -> None:
    configuration = applied(DEFAULT, {"bought_together.lift": value})

    found = Dimension.of("bought_together.lift", configuration)

    assert (found.bounds.low, found.bounds.high) == bounds
    assert found.present == value


@pytest.mark.parametrize("path", SPACE)
def test_a_search_begins_near_the_present_value(path: str) -> None:
    found, draw = Dimension.of(path, DEFAULT), np.random.default_rng(1)
    low, high, log = found.bounds

    values = [found.near(draw) for _ in range(200)]

    assert all(low <= value <= high for value in values)
    assert len(set(values)) > 1
    assert not found.whole or all(isinstance(value, int) for value in values)
    ways = [
        np.log(value / found.present) / np.log(high / low) if log else (value - found.present) / (high - low)
        for value in values
    ]
    assert np.abs(ways).mean() < 0.2


@pytest.mark.parametrize(
    ("present", "value", "rounded"), [(0.5, 0.123456, 0.1235), (0.123456, 0.123456, 0.123456), (0.5, 1.0, 1.0)]
)
def test_found_values_are_rounded_and_the_present_one_is_not(present: float, value: float, rounded: float) -> None:
    configuration = applied(DEFAULT, {"views.source_exponent": present})

    assert Dimension.of("views.source_exponent", configuration).rounded(value) == rounded


def test_rounding_does_not_leave_the_bounds() -> None:
    found = Dimension.of("views.source_exponent", applied(DEFAULT, {"views.source_exponent": 1.00004}))

    assert found.rounded(1.00003) <= 1.00004


def test_merging_keeps_what_else_a_section_says() -> None:
    section: dict[str, Any] = {"seed": 3, "views": {"power": 2.0}}

    found = merged(section, {"views.neighbours": 9, "sessions.index.half_life_days": 7})

    assert found == {
        "seed": 3,
        "views": {"power": 2.0, "neighbours": 9},
        "sessions": {"index": {"half_life_days": 7}},
    }
    assert section == {"seed": 3, "views": {"power": 2.0}}
