import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from recommender.models.content import ContentConfig, ContentModel
from recommender.training import TrainingConfiguration
from tests.conftest import NOW
from tests.training.logs import catalogue, event, scan, shop_events
from training.interactions import Prepared
from training.sampling import Sample, drawn, of_some
from training.steps import LocalSteps

DOCUMENTS = {document["id"]: document for document in catalogue()}


def prepared(people: int = 30) -> Prepared:
    events = [*shop_events("view_item", "purchase", people=people), event("view_item", "nobody-else", visitor_id="vx")]
    return LocalSteps().prepare(scan(*events), DOCUMENTS, configuration=TrainingConfiguration(), now=NOW)


WHOLE = prepared()


def lived(found: Prepared) -> set[tuple[str, str, int]]:
    """Who did something with what, and when."""
    rows = found.interactions
    return {
        (rows.people[person], rows.items[item], moment)
        for person, item, moment in zip(
            rows.person_rows.tolist(), rows.item_rows.tolist(), rows.timestamps.tolist(), strict=True
        )
    }


@given(st.integers(1, 800), st.integers(0, 20))
def test_whoever_is_drawn_comes_with_all_that_they_did(most: int, seed: int) -> None:
    found = drawn(WHOLE, most, seed).prepared

    assert len(found.interactions) <= most
    chosen = set(found.interactions.people)
    assert lived(found) == {row for row in lived(WHOLE) if row[0] in chosen}


@given(st.integers(30, 800))
def test_a_larger_sample_holds_the_smaller_one(most: int) -> None:
    small, large = (set(drawn(WHOLE, size, 7).prepared.interactions.people) for size in (most, most + 50))

    assert small <= large


def test_the_same_people_are_drawn_when_others_have_come() -> None:
    size = 300
    before, after = (set(drawn(prepared(people), size, 7).prepared.interactions.people) for people in (30, 31))

    assert len(before & after) >= len(before) - 1


def test_a_sample_knows_only_what_its_people_met_and_what_the_catalogue_says_of_it() -> None:
    found = drawn(WHOLE, 60, 7)

    items = found.prepared.items
    assert set(found.prepared.interactions.item_rows.tolist()) <= set(range(len(items)))
    assert [WHOLE.items[row] for row in found.rows.tolist()] == [*items]
    assert [*found.prepared.documents] == [DOCUMENTS.get(item, {}) for item in items]
    assert set(found.prepared.profiles.people) <= set(found.prepared.interactions.people)


def test_descriptions_go_with_their_items() -> None:
    model = ContentModel.fit(WHOLE.documents, ContentConfig(dimensions=8))
    found: Sample = drawn(WHOLE, 60, 7)

    content = found.content(model)

    assert content is not None
    np.testing.assert_array_equal(content.vectors, model.vectors[found.rows])
    assert found.content(None) is None


def test_factors_are_learned_from_no_more_than_is_allowed_of_the_people_drawn() -> None:
    told, most = WHOLE.interactions, 60
    few = TrainingConfiguration.parse({"factors": {"max_interactions": most, "dimensions": 4}})
    chosen = set(drawn(WHOLE, most, few.seed).prepared.interactions.people)

    learned = of_some(told, most, few.seed)
    model = LocalSteps().factors(told, few)

    assert {told.people[row] for row in learned.person_rows.tolist()} == chosen
    assert len(of_some(told, len(told), few.seed)) == np.count_nonzero(told.person_rows >= 0)
    met = np.unique(learned.item_rows)
    assert np.flatnonzero(model.vectors.any(axis=1)).tolist() == met.tolist()
    assert len(met) < len(told.items)
