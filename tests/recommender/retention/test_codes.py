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
def test_a_mistyped_code_is_noticed(seed: str, place: int, letter: str) -> None:
    made = codes.generated("key", "VT", seed)
    assert not codes.mistyped("key", made.lower())
    typed = made[: place + 3] + letter + made[place + 4 :]
    assert codes.mistyped("key", typed) is (typed != made and typed.count("-") == 3)


@given(st.text(string.ascii_letters + string.digits + "-", max_size=12))
def test_other_codes_are_not_called_mistyped(text: str) -> None:
    assert not codes.mistyped("key", text)
