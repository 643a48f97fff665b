import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from recommender.events.names import INTERACTIONS
from recommender.models.interactions import EVENT_CODES, decay
from tests.recommender.models.builders import Row, interactions


def test_every_event_that_shows_interest_has_a_code() -> None:
    assert EVENT_CODES.keys() == INTERACTIONS


def test_an_interaction_one_half_life_old_counts_half() -> None:
    rows = interactions([Row("ann", "a", "view_item", age=30)])

    np.testing.assert_allclose(rows.decayed(30), [0.5])


def test_choosing_rows_keeps_the_vocabularies() -> None:
    rows = interactions([Row("ann", "a"), Row("bob", "b", "view_item")])

    bought = rows.where(rows.purchased)

    assert [bought.items[row] for row in bought.item_rows] == ["a"]
    assert [*bought.people] == ["ann", "bob"]


@given(st.lists(st.floats(0, 1e4, width=32), min_size=2), st.floats(0.1, 1e4))
def test_older_never_counts_more(ages: list[float], half_life: float) -> None:
    weights = decay(np.sort(np.array(ages, np.float32)), half_life)

    assert (np.diff(weights) <= 0).all()
    assert ((weights >= 0) & (weights <= 1)).all()
