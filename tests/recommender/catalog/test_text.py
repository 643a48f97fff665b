"""Category paths."""

import pytest

from recommender.catalog.text import levels, shown, within


def test_levels_are_the_names_along_a_path() -> None:
    assert levels("Home >  Lighting>Table  lamps ") == ("Home", "Lighting", "Table lamps")


@pytest.mark.parametrize(
    ("category", "holds"),
    [
        ("Lighting", True),
        ("lighting", True),
        ("Home", True),
        ("Home > Lighting", True),
        ("Lighting > Lanterns", False),
        ("Home > Garden", False),
        ("Light", False),
        ("", False),
    ],
)
def test_a_category_is_a_whole_path_or_the_name_of_one_level(category: str, holds: bool) -> None:
    assert within("Home > Lighting > Lanterns", category) == holds


def test_shoppers_know_a_category_by_its_narrowest_level() -> None:
    assert shown("Home > Lighting") == "Lighting"
