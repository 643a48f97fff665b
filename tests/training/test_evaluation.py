from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest

from recommender.models.models import Models
from recommender.training import EvaluationConfig, TrainingConfiguration
from tests.conftest import NOW
from tests.training.logs import event, scan, shop_events
from training.baselines import ALL, CHEAP, Baseline
from training.cases import tasks
from training.evaluation import Evaluation, evaluate
from training.fitting import evaluate_shop
from training.fitting import fit as fit_models
from training.interactions import Prepared
from training.slices import On, cut
from training.steps import LocalSteps


def prepared(events: Iterable[dict[str, Any]]) -> Prepared:
    return LocalSteps().prepare(scan(*events), {}, configuration=TrainingConfiguration(), now=NOW)


def judged(*kinds: str, baselines: frozenset[Baseline] = CHEAP, **options: Any) -> Evaluation:
    found = prepared(shop_events(*kinds, **options))
    return evaluate_shop(found, TrainingConfiguration(), LocalSteps(), None, baselines=baselines)[0]


def ndcg(evaluation: Evaluation) -> dict[str, float]:
    return {f"{row['task']}/{row['by']}": row["ndcg"] for row in evaluation.metrics["results"]}


def posed(*events: dict[str, Any], days: float = 5) -> dict[str, dict[str, tuple[Any, ...]]]:
    found = tasks(prepared(events), NOW - timedelta(days=days), max_cases=100, seed=1)
    return {
        task.name: {case.key: (case.seeds, set(case.relevant), case.visitor) for case in task.cases} for task in found
    }


def test_people_with_a_taste_are_served_better_than_by_best_sellers() -> None:
    found = ndcg(judged("view_item", "purchase", people=200))

    assert found["new_items/for_you"] > 1.5 * found["new_items/popular"]
    assert found["orders/bought_together"] > 1.5 * found["orders/popular"]
    assert found["next_similar/similar"] > 1.5 * found["next_similar/popular"]


def test_buying_again_stands_beside_personal_frequency() -> None:
    found = ndcg(judged("purchase", people=200))

    assert {name for name in found if name.startswith("all_items")} == {
        "all_items/buy_again", "all_items/popular", "all_items/personal_frequency",
    }  # fmt: skip


def test_an_evaluation_repeats() -> None:
    assert judged("view_item").encoded() == judged("view_item").encoded()


def test_the_cases_come_back_from_their_file() -> None:
    evaluation = judged("view_item")

    found = Evaluation.decode(evaluation.encoded())

    assert found.metrics == evaluation.metrics
    assert found.encoded() == evaluation.encoded()
    for name, task in evaluation.tasks.items():
        assert found.tasks[name].keys == task.keys
        assert all((found.tasks[name].values[by]["recall"] == task.values[by]["recall"]).all() for by in task.values)


def test_what_was_kept_in_another_form_is_nothing() -> None:
    found = Evaluation.decode(b'{"window": {}, "cases": {"new_items/for_you": {"a": 1}}}')

    assert not found.tasks
    assert not found.metrics


def test_means_are_those_of_the_kept_cases() -> None:
    evaluation = judged("view_item", "purchase", people=120)

    for row in evaluation.metrics["results"]:
        for metric in ("ndcg", "recall"):
            values = evaluation.tasks[row["task"]].values[row["by"]][metric]
            assert len(values) == row["cases"]
            assert row[metric] == pytest.approx(values.mean(), abs=1e-4)
            low, high = row["intervals"][metric]
            assert low <= row[metric] <= high


def test_strategies_are_held_against_the_best_baseline() -> None:
    metrics = judged("view_item", "purchase", people=120, baselines=ALL).metrics

    for gap in metrics["against"]:
        rows = {row["by"]: row for row in metrics["results"] if row["task"] == gap["task"]}
        best = max((row for row in rows.values() if row["baseline"]), key=lambda row: row[gap["metric"]])
        assert rows[gap["against"]][gap["metric"]] == best[gap["metric"]]
        assert gap["ahead"] == pytest.approx(rows[gap["by"]][gap["metric"]] - best[gap["metric"]], abs=2e-4)
        assert gap["interval"][0] <= gap["ahead"] <= gap["interval"][1]


def test_recall_by_length_ends_in_the_recall_of_the_list() -> None:
    for row in judged("view_item").metrics["results"]:
        assert [k for k, _ in row["recall_at"]] == [1, 2, 5, 10, 20]
        assert row["recall_at"][-1][1] == row["recall"]


def test_a_manifest_holds_the_headlines_only() -> None:
    evaluation = judged("view_item")

    assert evaluation.headlines.keys() == {"window", "results", "against"}


def test_the_validation_slice_is_what_a_shorter_log_is_tested_on() -> None:
    found = prepared(shop_events("view_item", people=120, days=60))
    cutoff = cut(found, 8, On.TEST)
    assert cutoff is not None
    config = TrainingConfiguration(evaluation=EvaluationConfig(days=8))
    seen: list[Prepared] = []

    def fit(earlier: Prepared) -> Models:
        seen.append(earlier)
        return fit_models(earlier, config, LocalSteps(), None)

    validated = evaluate(found, config, fit=fit, on="validation")
    shorter = evaluate(found.until(cutoff.cutoff), config, fit=fit)

    assert validated.metrics["results"] == shorter.metrics["results"]
    assert validated.metrics["window"]["to"] == cutoff.cutoff.isoformat()
    assert seen[0].data_end == cutoff.cutoff - timedelta(days=8)
    assert seen[0].interactions.timestamps.max() < seen[0].data_end.timestamp()


@pytest.mark.parametrize(
    "events", [[], [event("view_item", "a")], [event("view_item", "a", ago=ago) for ago in (0, 3)]]
)
def test_a_log_that_is_too_short_is_not_judged(events: list[dict[str, Any]]) -> None:
    evaluation = evaluate_shop(prepared(events), TrainingConfiguration(), LocalSteps(), None)[0]

    assert "nothing can be held back" in evaluation.metrics["skipped"]


def test_too_few_cases_are_not_judged() -> None:
    events = [event("view_item", "a", ago=ago) for ago in range(30)]

    evaluation = evaluate_shop(prepared(events), TrainingConfiguration(), LocalSteps(), None)[0]

    assert "fewer than 20" in evaluation.metrics["skipped"]


def test_items_that_a_person_knows_are_not_to_be_found_again() -> None:
    cases = posed(
        event("view_item", "a", ago=9),
        event("view_item", "a", ago=2),
        event("view_item", "b", ago=1),
        event("view_item", "b", ago=1, visitor_id="new"),
    )["new_items"]

    assert [(key, relevant) for key, (_, relevant, _) in cases.items()] == [("visitor:v", {"b"})]


def test_everything_that_a_buyer_bought_is_to_be_found() -> None:
    cases = posed(
        event("purchase", "a", ago=9),
        event("purchase", "a", ago=2),
        event("purchase", "b", ago=1),
        event("view_item", "c", ago=1),
    )["all_items"]

    assert [relevant for _, relevant, _ in cases.values()] == [{"a", "b"}]


def test_one_item_of_an_order_is_shown_and_another_is_to_be_found() -> None:
    cases = posed(event("purchase", "a", order_id="o"), event("purchase", "b", order_id="o"), event("purchase", "c"))

    ((seeds, relevant, _),) = cases["orders"].values()
    assert {*seeds, *relevant} == {"a", "b"}


def test_the_last_item_of_a_session_is_to_be_found() -> None:
    minute = 1 / 1440
    steps = [event("view_item", item, ago=(5 - place) * minute) for place, item in enumerate("abbc")]

    cases = posed(*steps)

    assert [(seeds, relevant) for seeds, relevant, _ in cases["next_similar"].values()] == [(("b",), {"c"})]
    ((_, relevant, visitor),) = cases["next_new"].values()
    assert relevant == {"c"}
    assert [interaction.item_id for interaction in visitor.session] == ["a", "b"]


def test_a_return_to_an_item_is_no_new_item() -> None:
    minute = 1 / 1440
    steps = [event("view_item", item, ago=(5 - place) * minute) for place, item in enumerate("aba")]

    cases = posed(*steps)

    assert not cases["next_new"]
    assert [relevant for _, relevant, _ in cases["next_any"].values()] == [{"a"}]


def test_no_more_cases_are_drawn_than_asked_for() -> None:
    found = prepared(shop_events("view_item", people=60))
    cutoff = NOW - timedelta(days=10)

    drawn = [{case.key for case in task.cases} for task in tasks(found, cutoff, max_cases=7, seed=1)]
    every = [{case.key for case in task.cases} for task in tasks(found, cutoff, max_cases=999, seed=1)]

    assert {len(keys) for keys in drawn} <= {0, 7}
    assert all(some <= keys for some, keys in zip(drawn, every, strict=True))
