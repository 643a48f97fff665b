"""Every language says everything, and takes the same values as English."""

import string

import pytest

from recommender.engine import phrases
from recommender.engine.phrases import LANGUAGES, Phrase
from recommender.strategy import Strategy

VALUES = {"title": "White Metal Lantern", "number": 34, "text": "Lighting"}


def fields(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


def test_the_languages_are_those_of_the_shops_we_serve() -> None:
    assert set(LANGUAGES) == {"ar", "de", "en", "es", "fr", "pt", "ru", "tr"}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("strategy", Strategy)
def test_every_strategy_has_a_title(language: str, strategy: Strategy) -> None:
    names = phrases.titles(strategy, language)
    assert names[0] == phrases.title(strategy, language)
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("phrase", Phrase)
def test_every_reason_uses_the_same_values_as_in_english(language: str, phrase: Phrase) -> None:
    assert fields(LANGUAGES[language]["reasons"][phrase]) == fields(LANGUAGES["en"]["reasons"][phrase])
    assert "{" not in phrases.reason(phrase, language, **VALUES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_titles_of_one_language_differ(language: str) -> None:
    names = [name for strategy in Strategy for name in phrases.titles(strategy, language)[:-1]]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    ("wish", "spoken"), [("pt-BR", "pt"), ("PT_br", "pt"), ("ar", "ar"), ("zh", "en"), ("", "en"), ("../en", "en")]
)
def test_an_unknown_language_is_english_and_a_region_is_left_out(wish: str, spoken: str) -> None:
    assert phrases.spoken(wish) == spoken


def test_reasons_read_well() -> None:
    assert phrases.reason(Phrase.BECAUSE_VIEWED, "en", **VALUES) == "Because you viewed White Metal Lantern"
    assert phrases.reason(Phrase.BOUGHT_IN_ORDERS, "en", **VALUES) == "Bought together in 34 orders"
    assert phrases.reason(Phrase.TRENDING_IN, "en", **VALUES) == "Trending in Lighting"


def test_arabic_isolates_what_it_quotes() -> None:
    assert phrases.reason(Phrase.ALIKE, "ar", **VALUES) == "مشابه لـ \u2068White Metal Lantern\u2069"


def test_a_title_with_braces_is_quoted_as_it_is() -> None:
    assert phrases.reason(Phrase.ALIKE, "en", title="{number}") == "Similar to {number}"
