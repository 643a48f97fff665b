import pytest

from training.demo.departments import NAMES, OTHER, department


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("White Hanging Heart T-Light Holder", "Candles & Lighting"),
        ("Lunch Bag Red Retrospot", "Bags, Purses & Umbrellas"),
        ("Jumbo Bag 50's Christmas", "Christmas"),
        ("Regency Cakestand 3 Tier", "Kitchen & Baking"),
        ("Party Bunting", "Party & Celebrations"),
        ("Bathroom Metal Sign", "Signs, Hooks & Hardware"),
        ("Light Topaz Teal/Aqua Colour Necklace", "Jewellery & Accessories"),
        ("Mini Playing Cards Spaceboy", "Toys & Games"),
        ("Travel Card Wallet Pantry", "Bags, Purses & Umbrellas"),
        ("Sombrero", OTHER),
    ],
)
def test_words_of_a_title_tell_its_department(title: str, name: str) -> None:
    assert department(title) == name


def test_a_word_inside_another_tells_nothing() -> None:
    assert department("Pencilled") == OTHER


def test_each_department_is_named_once() -> None:
    assert len(set(NAMES)) == len(NAMES)
