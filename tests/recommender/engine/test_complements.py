"""What goes with items that nobody bought with anything."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as some

from recommender.catalog.labels import NONE
from recommender.engine.complements import selling
from recommender.models.compiling import sealed

CATEGORIES = 4
ROWS = some.lists(some.tuples(some.integers(NONE, CATEGORIES - 1), some.floats(0, 1, width=32)), max_size=30)
BONDS = some.lists(some.floats(0, 8, width=32), min_size=CATEGORIES, max_size=CATEGORIES)


@given(ROWS, BONDS)
def test_what_sells_in_a_category_counts_as_much_as_that_goes_with_the_seeds(
    items: list[tuple[int, float]], told: list[float]
) -> None:
    """The same as the product of both for every item that is filed, where it is above nothing."""
    codes = sealed(np.array([code for code, _ in items], np.int32))
    popularity, bonds = sealed(np.array([sold for _, sold in items], np.float32)), np.array(told, np.float32)

    rows, scores = selling(np.arange(len(items), dtype=np.int32), codes, bonds, popularity)

    filed = np.flatnonzero(codes != NONE)
    expected = bonds[codes[filed]] * popularity[filed]
    assert rows.tolist() == filed[expected > 0].tolist()
    assert scores.tolist() == expected[expected > 0].tolist()
