import pytest

from training.budget import Budget


class Clock:
    """Shows what it is set to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_budget_ends_with_its_time() -> None:
    clock = Clock()
    budget = Budget(60, None, clock)
    clock.now += 45
    assert not budget.spent(7)
    assert budget.share(7) == 0.75
    assert budget.left(7) == "15 s left"
    clock.now += 15
    assert budget.spent(7)


def test_a_budget_ends_with_its_trials() -> None:
    clock = Clock()
    budget = Budget(None, 4, clock)
    clock.now += 600
    assert not budget.spent(3)
    assert budget.left(3) == "3 min left"
    assert budget.spent(4)


def test_whichever_ends_first_ends_it() -> None:
    clock = Clock()
    budget = Budget(60, 4, clock)
    assert budget.spent(4)
    clock.now += 60
    assert budget.spent(1)


@pytest.mark.parametrize("budget", [Budget(0.0001, None, lambda: 0.0), Budget(None, 2)])
def test_nothing_ends_before_the_first_trial(budget: Budget) -> None:
    budget.clock = lambda: 1e9
    assert not budget.spent(0)


def test_without_any_pace_nothing_is_guessed() -> None:
    assert Budget(None, 4, Clock()).left(0) == ""
