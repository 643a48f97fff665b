from typing import Any

import pytest

from recommender.training import TrainingConfiguration
from tests.conftest import NOW
from tests.training.logs import scan, shop_events
from training.fitting import fit
from training.interactions import Prepared
from training.remembering import RememberingSteps
from training.search_space import applied
from training.steps import LocalSteps

STEPS = ("session_neighbours", "purchase_neighbours", "bought_together", "factors", "sessions")
DEFAULT = TrainingConfiguration()


class Watched(LocalSteps):
    """Remembers what was done."""

    def __init__(self) -> None:
        self.done: list[str] = []

    def __getattribute__(self, name: str) -> Any:
        if name in STEPS:
            self.done.append(name)
        return super().__getattribute__(name)


@pytest.fixture(scope="module")
def prepared() -> Prepared:
    events = shop_events("view_item", "purchase", people=20)
    return LocalSteps().prepare(scan(*events), {}, configuration=DEFAULT, now=NOW)


@pytest.mark.parametrize(
    ("path", "value", "step"),
    [
        ("views.power", 1.1, "session_neighbours"),
        ("purchases.power", 1.1, "purchase_neighbours"),
        ("bought_together.lift", 0.1, "bought_together"),
        ("factors.dimensions", 3, "factors"),
        ("sessions.neighbours", 30, "sessions"),
    ],
)
def test_only_what_is_set_otherwise_is_fitted_again(prepared: Prepared, path: str, value: float, step: str) -> None:
    watched = Watched()
    steps = RememberingSteps(watched, sessions=True)
    fit(prepared, DEFAULT, steps, None)
    assert sorted(watched.done) == sorted(STEPS)

    watched.done.clear()
    fit(prepared, applied(DEFAULT, {path: value}), steps, None)

    assert watched.done == [step]


def test_another_seed_fits_what_is_random_again(prepared: Prepared) -> None:
    watched = Watched()
    steps = RememberingSteps(watched, sessions=True)
    fit(prepared, DEFAULT, steps, None)
    watched.done.clear()

    fit(prepared, DEFAULT.model_copy(update={"seed": 8}), steps, None)

    assert watched.done == ["factors", "sessions"]


def test_remembered_models_are_those_of_the_settings(prepared: Prepared) -> None:
    steps = RememberingSteps(LocalSteps(), sessions=False)
    other = applied(DEFAULT, {"views.neighbours": 1})

    remembered = [fit(prepared, one, steps, None).views for one in (DEFAULT, other, DEFAULT)]

    for found, configuration in zip(remembered, (DEFAULT, other, DEFAULT), strict=True):
        plain = fit(prepared, configuration, LocalSteps(), None).views
        assert found is not None
        assert plain is not None
        assert found.scores.tolist() == plain.scores.tolist()


def test_sessions_are_not_fitted_where_nobody_asks_them(prepared: Prepared) -> None:
    watched = Watched()

    assert fit(prepared, DEFAULT, RememberingSteps(watched, sessions=False), None).sessions is None
    assert "sessions" not in watched.done
