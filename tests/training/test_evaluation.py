from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest

from recommender.training import TrainingConfiguration
from tests.conftest import NOW
from tests.training.logs import event, scan, shop_events
from training.cases import tasks
from training.evaluation import Evaluation
from training.fitting import evaluate_shop
from training.interactions import Prepared
from training.steps import LocalSteps


def prepared(events: Iterable[dict[str, Any]]) -> Prepared:
    return LocalSteps().prepare(scan(*events), {}, configuration=TrainingConfiguration(), now=NOW)


def judged(*kinds: str, **options: Any) -> Evaluation:
    return evaluate_shop(prepared(shop_events(*kinds, **options)), TrainingConfiguration(), LocalSteps(), None)[0]


def ndcg(evaluation: Evaluation) -> dict[str, float]:
    return {f"{row['task']}/{row['by']}": row["ndcg"] for row in evaluation.metrics["results"]}


def posed(*events: dict[str, Any], days: float = 5) -> dict[str, dict[str, tuple[Any, ...]]]:
    found = tasks(prepared(events), NOW - timedelta(days=days), max_cases=100, seed=1)
    return {
        task.name: {case.key: (case.seeds, set(case.relevant), case.visitor) for case in task.cases} for task in found
    }


def test_people_with_a_taste_are_served_better_than_by_best_sellers() -> None:
    found = ndcg(judged("view_item", "purchase", people=200))

    assert found["new_items/for_you"] > 1.5 * found["new_items/best_sellers"]
    assert found["orders/bought_together"] > 1.5 * found["orders/best_sellers"]
    assert found["next_similar/similar"] > 1.5 * found["next_similar/best_sellers"]


def test_buying_again_stands_beside_personal_frequency() -> None:
    found = ndcg(judged("purchase", people=200))

    assert {name for name in found if name.startswith("all_items")} == {
        "all_items/buy_again", "all_items/best_sellers", "all_items/personal_frequency",
    }  # fmt: skip


def test_an_evaluation_repeats() -> None:
    assert judged("view_item").encoded() == judged("view_item").encoded()


def test_the_cases_come_back_from_their_file() -> None:
    evaluation = judged("view_item")

    found = Evaluation.decode(evaluation.encoded())

    assert found.cases == evaluation.cases
    assert found.metrics["window"] == evaluation.metrics["window"]


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
