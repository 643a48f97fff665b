import numpy as np

from training.attributes import categories, prices


def test_what_is_paid_now_is_the_price() -> None:
    found = prices([{"price": "9.50"}, {"price": "9.50", "sale_price": "4"}, {}])

    np.testing.assert_array_equal(found, np.array([9.5, 4, np.nan], np.float32))


def test_a_category_has_one_number() -> None:
    documents = [{"product_type": "A > B"}, {}, {"google_product_category": "C"}, {"product_type": "A > B"}]

    assert categories(documents).tolist() == [0, -1, 1, 0]


def test_no_items_have_no_attributes() -> None:
    assert prices([]).shape == categories([]).shape == (0,)
