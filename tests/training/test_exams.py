from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from recommender.metrics import hits
from recommender.strategy import Strategy
from recommender.training import TrainingConfiguration
from tests.conftest import NOW
from tests.training.logs import scan, shop_events
from training.cases import Task, tasks
from training.exams import MEASURES, PORTIONS, Exam, Measure, Scale, Values, halves, joined
from training.fitting import fit
from training.interactions import Prepared
from training.steps import LocalSteps

CONFIGURATION = TrainingConfiguration()
BEGIN = NOW - timedelta(days=10)


@pytest.fixture(scope="module")
def prepared() -> Prepared:
    return LocalSteps().prepare(
        scan(*shop_events("view_item", "purchase", people=80)), {}, configuration=CONFIGURATION, now=NOW
    )


def posed(prepared: Prepared) -> dict[str, Task]:
    return {task.name: task for task in tasks(prepared, BEGIN, max_cases=500, seed=1)}


def values(**found: list[float]) -> Values:
    return {task: np.array(each) for task, each in found.items()}


def test_every_case_is_in_one_half(prepared: Prepared) -> None:
    search, confirm = halves(posed(prepared).values(), {Strategy.SIMILAR})

    assert [task.name for task in search] == [task.name for task in confirm] == ["next_similar"]
    keys = [{case.key for case in half[0].cases} for half in (search, confirm)]
    assert not keys[0] & keys[1]
    assert keys[0] | keys[1] == {case.key for case in posed(prepared)["next_similar"].cases}


def test_a_strategy_is_judged_by_the_tasks_that_it_is_first_to_solve(prepared: Prepared) -> None:
    found = {
        strategy: {task.name for task in halves(posed(prepared).values(), {strategy})[0]}
        for strategy in (Strategy.SIMILAR, Strategy.BOUGHT_TOGETHER, Strategy.FOR_YOU, Strategy.TRENDING)
    }

    assert found[Strategy.BOUGHT_TOGETHER] == {"orders"}
    assert "orders" not in found[Strategy.SIMILAR]
    assert "next_new" in found[Strategy.FOR_YOU]
    assert not found[Strategy.TRENDING]


def test_a_task_with_too_few_cases_to_halve_is_left_out(prepared: Prepared) -> None:
    (task,) = halves(posed(prepared).values(), {Strategy.SIMILAR})[0]
    few = replace(task, cases=task.cases[:39])

    assert halves([few], {Strategy.SIMILAR}) == ((), ())


def test_portions_hold_every_case_once(prepared: Prepared) -> None:
    search, _ = halves(posed(prepared).values(), {Strategy.SIMILAR})
    models = fit(prepared.until(BEGIN), CONFIGURATION, LocalSteps(), None)
    exam = Exam(search, BEGIN, 5, Measure.NDCG)

    portions = [*exam.portions(models)]

    assert len(portions) == PORTIONS
    assert all(len(portion["next_similar"]) for portion in portions)
    assert len(joined(portions)["next_similar"]) == len(search[0].cases)
    assert joined(portions)["next_similar"].tolist() == exam.values(models)["next_similar"].tolist()


@pytest.mark.parametrize(
    ("measure", "worth"),
    [(Measure.HIT_RATE, 1.0), (Measure.MRR, 0.5), (Measure.RECALL, 0.5), (Measure.NDCG, 0.38685)],
)
def test_one_of_two_right_items_in_the_second_place(measure: Measure, worth: float) -> None:
    found = hits(["x", "a", "y"], {"a", "b"}, 3)

    # NDCG: 1/log2(3) of 1 + 1/log2(3)
    assert MEASURES[measure](found, 2) == pytest.approx(worth, abs=1e-5)


def test_what_a_scale_is_made_of_is_one_on_it() -> None:
    found = values(easy=[0.5, 1.0], hard=[0.1, 0.0, 0.2])

    assert Scale.of(found).total(found) == pytest.approx(1)


def test_tasks_of_different_difficulty_count_alike() -> None:
    scale = Scale.of(values(easy=[0.8, 0.8], hard=[0.1, 0.1, 0.1]))

    assert scale.total(values(easy=[0.8, 0.8], hard=[0.2, 0.2, 0.2])) == pytest.approx(1.5)
    assert scale.total(values(easy=[0.4, 0.4], hard=[0.1, 0.1, 0.1])) == pytest.approx(0.75)


def test_a_task_without_a_hit_counts_as_if_it_had_one() -> None:
    assert Scale.of(values(hopeless=[0.0] * 4)).reached == {"hopeless": 0.25}


def test_the_mean_over_the_cases_is_the_total() -> None:
    scale, found = Scale({"a": 0.5, "b": 0.1}), values(a=[1.0, 0.0], b=[0.1, 0.2, 0.3])

    assert scale.each(found).mean() == pytest.approx(scale.total(found)) == pytest.approx(1.5)
