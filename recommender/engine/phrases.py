"""What shoppers read: titles of showcases and reasons, one file a language below `languages`.

Numbers stand behind a colon where a language would bend the noun after them, and Arabic isolates what it quotes, so
that text of the other direction does not tear the sentence apart.
"""

from collections.abc import Mapping
from enum import StrEnum
from functools import lru_cache
from typing import TypedDict

from recommender import languages
from recommender.strategy import Strategy


class Phrase(StrEnum):
    """Reasons."""

    BECAUSE_VIEWED = "because_viewed"
    BECAUSE_BOUGHT = "because_bought"
    BOUGHT_IN_ORDERS = "bought_in_orders"
    BOUGHT_WITH = "bought_with"
    ALSO_BOUGHT = "also_bought"
    ALSO_VIEWED = "also_viewed"
    ALSO_CHOSEN = "also_chosen"
    ALIKE = "alike"
    TRENDING = "trending"
    TRENDING_IN = "trending_in"
    BEST_SELLER = "best_seller"
    BEST_SELLER_IN = "best_seller_in"
    POPULAR = "popular"
    POPULAR_IN = "popular_in"
    MORE_IN = "more_in"
    RANGE = "range"
    VIEWED = "viewed"
    BOUGHT = "bought"
    BOUGHT_TIMES = "bought_times"
    SALE = "sale"
    NEW = "new"
    PINNED = "pinned"
    FOR_YOU = "for_you"

    __hash__ = str.__hash__  # that of Enum is Python code, and reasons are looked up for every item


class Language(TypedDict):
    """The texts of one language."""

    titles: dict[str, str]
    """Of a showcase, by strategy."""
    other_titles: dict[str, str]
    """For the second list of the same strategy on a page."""
    any_title: str
    """Claims nothing of the items below it."""
    reasons: dict[str, str]


LANGUAGES: Mapping[str, Language] = languages.texts("recommender.engine")


@lru_cache(256)
def spoken(language: str) -> str:
    """The language that is really used for a wish like `pt-BR`."""
    found = languages.base(language)
    return found if found in LANGUAGES else languages.FALLBACK


def title(strategy: Strategy, language: str) -> str:
    """What a showcase of this strategy is called."""
    return LANGUAGES[spoken(language)]["titles"][strategy]


@lru_cache(1024)
def titles(strategy: Strategy, language: str) -> tuple[str, ...]:
    """Names for a showcase of this strategy, the best first; the last one fits any list."""
    texts = LANGUAGES[spoken(language)]
    names = (texts["titles"][strategy], texts["other_titles"].get(strategy), texts["any_title"])
    return tuple(name for name in names if name)


def reason(phrase: Phrase, language: str, **values: object) -> str:
    """The phrase in words."""
    language = spoken(language)
    return LANGUAGES[language]["reasons"][phrase].format(**languages.isolated(values, language))
