import string

from hypothesis import given
from hypothesis import strategies as st

from recommender.retention import codes


def test_a_code_is_the_same_however_it_is_typed() -> None:
    assert codes.key(" vt-7h2k 9qw3 ") == codes.key("VT-7H2K9QW3") == "VT-7H2K9QW3"


def test_a_generated_code_is_the_same_for_the_same_person_and_another_for_others() -> None:
    made = codes.generated("key", "VT", "flash|a|0")
    assert made == codes.generated("key", "VT", "flash|a|0")
    assert len({made, codes.generated("key", "VT", "flash|b|0"), codes.generated("other", "VT", "flash|a|0")}) == 3
    assert [len(part) for part in made.split("-")] == [2, 4, 4, 4]


@given(st.text(), st.integers(0, 13), st.sampled_from(codes.ALPHABET))
def test_a_mistyped_code_is_not_genuine(seed: str, place: int, letter: str) -> None:
    made = codes.generated("key", "VT", seed)
    assert codes.genuine("key", made.lower())
    typed = made[: place + 3] + letter + made[place + 4 :]
    assert codes.genuine("key", typed) is (typed == made)


@given(st.text(string.printable, max_size=20))
def test_anything_else_is_not_genuine(text: str) -> None:
    assert not codes.genuine("key", text)
