import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.training import EvaluationConfig, TrainingConfiguration
from training.planning import Plan, Step

SIZES = st.integers(0, 10**9)


@given(SIZES, SIZES)
def test_steps_follow_one_another_and_fill_the_whole(events: int, items: int) -> None:
    plan = Plan.of(events, items, TrainingConfiguration())

    begins = [plan.done(step) for step in Step]

    assert begins[0] == 0
    assert begins == sorted(begins)
    assert plan.done(Step.WRITE, 1.0) == pytest.approx(1)


@given(SIZES, SIZES)
def test_a_larger_shop_is_expected_to_cost_more(events: int, items: int) -> None:
    configuration = TrainingConfiguration(memory_gb=1024, evaluation=EvaluationConfig(whole_interactions=10**10))

    small, large = (Plan.of(events + more, items + more, configuration) for more in (0, 1000))

    assert sum(small.costs.values()) < sum(large.costs.values())


def test_judging_a_sample_costs_the_same_however_large_the_shop_is() -> None:
    small, large = (Plan.of(events, 1000, TrainingConfiguration()) for events in (5_000_000, 15_000_000))

    assert small.costs[Step.JUDGE] == large.costs[Step.JUDGE]


def test_what_is_not_learned_from_costs_nothing() -> None:
    configuration = TrainingConfiguration(memory_gb=1)

    assert Plan.of(2_000_000, 0, configuration) == Plan.of(1_600_000, 0, configuration)


def test_a_part_of_a_step_is_told_as_a_part_of_the_whole() -> None:
    plan = Plan(dict.fromkeys(Step, 1.0))
    told: list[tuple[str, float]] = []

    plan.within(Step.JUDGE, lambda doing, done: told.append((doing, done)), begin=0.5)("asking", 0.5)

    assert told == [("asking", pytest.approx((2 + 0.75) / 6))]
