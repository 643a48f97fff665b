import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.models.tokens import bucket, features, grams, words


def test_case_accents_and_width_do_not_matter() -> None:
    assert words("Café CRÈME \uff12") == words("cafe creme 2") == ["cafe", "creme", "2"]


def test_arabic_vowel_signs_and_elongation_do_not_matter() -> None:
    assert words("كِتَابـــ") == words("كتاب")


def test_scripts_without_spaces_have_ngrams() -> None:
    assert [*grams("白色蜡烛台", 4)] == ["<白色蜡", "白色蜡烛", "色蜡烛台", "蜡烛台>"]


def test_a_short_word_has_no_ngram_beside_itself() -> None:
    assert [*grams("it", 4)] == []


def test_every_level_of_a_category_is_a_feature() -> None:
    found = [name for name, _ in features({"product_type": "Home > Lighting"})]

    assert found == ["c:home", "c:home > lighting"]


def test_near_prices_share_a_feature() -> None:
    def steps(price: str) -> set[str]:
        return {name for name, _ in features({"price": price})}

    assert steps("10.00") & steps("11.00")
    assert not steps("10.00") & steps("40.00")


@pytest.mark.parametrize("price", [None, "", "free", 0, "-1", "nan", "inf"])
def test_a_price_that_says_nothing_is_no_feature(price: object) -> None:
    assert not [*features({"price": price})]


def test_buckets_are_the_same_everywhere() -> None:
    assert bucket("w:heart", 32_768) == 8_683


@given(st.text())
def test_any_text_is_taken(text: str) -> None:
    assert all(weight > 0 for name, weight in features({"title": text, "brand": text, "product_type": text}) if name)
