"""Stretches of time with other weights are compared each within itself."""

from math import sqrt

import numpy as np
import pytest

from recommender.errors import InputError
from recommender.experiments.difference import Metric, difference
from recommender.experiments.moments import Moments
from recommender.experiments.strata import combined

BOUGHT = Metric("bought")


def bought(visitors: int, buyers: int) -> Moments:
    return Moments.of({"bought": [0.0, 1.0]}, times=[visitors - buyers, buyers])


def test_stretches_count_by_their_visitors() -> None:
    first = difference(bought(100, 10), bought(100, 20), BOUGHT)
    second = difference(bought(300, 60), bought(300, 60), BOUGHT)
    found = combined([first, second])
    assert found.absolute.value == pytest.approx(0.25 * 0.1)
    assert found.absolute.error == pytest.approx(
        sqrt((0.25 * first.absolute.error) ** 2 + (0.75 * second.absolute.error) ** 2)
    )
    # .25 · .1 + .75 · .2 and .25 · .2 + .75 · .2.
    assert (found.control, found.treated) == (pytest.approx(0.175), pytest.approx(0.2))
    assert found.relative.value == pytest.approx(0.2 / 0.175 - 1)
    assert (found.visitors, found.behind) == (800, pytest.approx(70.0))


def test_one_stretch_is_itself() -> None:
    only = difference(bought(100, 10), bought(100, 20), BOUGHT)
    assert combined([only]) == only


def test_a_variant_that_is_ramped_up_in_a_good_week_has_gained_nothing() -> None:
    """A week of 5 % buyers with a tenth treated, a week of 10 % with half; in one pot the treated seem better."""
    weeks = [(bought(9_000, 450), bought(1_000, 50)), (bought(5_000, 500), bought(5_000, 500))]
    pot = difference(weeks[0][0] + weeks[1][0], weeks[0][1] + weeks[1][1], BOUGHT)
    assert pot.absolute.interval().low > 0
    assert combined([difference(*week, BOUGHT) for week in weeks]).absolute.value == pytest.approx(0.0)


def test_the_lift_moves_as_its_error_says() -> None:
    draw, found = np.random.default_rng(1), []
    for _ in range(2_000):
        weeks = [
            [bought(size, int(draw.binomial(size, chance))) for size, chance in pairs]
            for pairs in (((900, 0.1), (100, 0.15)), ((500, 0.2), (500, 0.25)))
        ]
        found.append(combined([difference(*week, BOUGHT) for week in weeks]).relative)
    assert np.mean([lift.error for lift in found]) == pytest.approx(np.std([lift.value for lift in found]), rel=0.06)
    assert np.mean([lift.value for lift in found]) == pytest.approx(0.2 / 0.15 - 1, abs=0.02)


def test_no_stretch_at_all_is_refused() -> None:
    with pytest.raises(InputError, match="parts"):
        combined([])
