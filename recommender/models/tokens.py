"""What the text of an item consists of: words and character n-grams, in any script."""

import itertools
import math
import re
import unicodedata
import zlib
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

REMEMBERED = 1 << 16
"""Words of which is remembered what was made of them: a catalogue says the same ones again and again."""
WORD = re.compile(r"[^\W_]+")
MARKS = re.compile("[\u0300-\u036f\u064b-\u065f\u0670\u0640]")
"""Latin, Greek and Cyrillic accents; Arabic vowel signs and the elongation stroke."""


def normalised(text: str) -> str:
    """Text without what tells apart spellings of the same word: case, width, accents, vowel signs."""
    return MARKS.sub("", unicodedata.normalize("NFKD", text.casefold()))


def words(text: str) -> list[str]:
    """Words of a text; numbers count as words."""
    return WORD.findall(normalised(text))


@lru_cache(REMEMBERED)
def _gram_features(word: str) -> tuple[str, ...]:
    return tuple(f"g:{gram}" for gram in grams(word, 4))


def grams(word: str, size: int) -> Iterator[str]:
    """Character n-grams of a word with its borders marked; none when the word is no longer than one."""
    framed = f"<{word}>"
    if len(framed) > size:
        yield from (framed[at : at + size] for at in range(len(framed) - size + 1))


def features(item: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    """What an item is described by, each with its weight; a feature may come more than once."""
    yield from _title(str(item.get("title") or ""))
    yield from _path(str(item.get("product_type") or item.get("google_product_category") or ""))
    if item.get("brand"):
        yield f"b:{normalised(str(item['brand'])).strip()}", 0.7
    yield from _price(item.get("price"))


def _title(title: str) -> Iterator[tuple[str, float]]:
    found = words(title)
    for place, word in enumerate(found):
        # The last words of a title name the thing in most shops' titles; the first ones say which.
        yield f"w:{word}", 1.0 + 0.5 * (place == len(found) - 1)
        for gram in _gram_features(word):
            yield gram, 0.25
    for pair in itertools.pairwise(found):
        yield f"p:{pair[0]} {pair[1]}", 0.5


@lru_cache(REMEMBERED)
def _path(path: str) -> tuple[tuple[str, float], ...]:
    levels = [normalised(level).strip() for level in path.split(">") if level.strip()]
    return tuple((f"c:{' > '.join(levels[: depth + 1])}", 0.6) for depth, _ in enumerate(levels))


def _price(price: object) -> Iterator[tuple[str, float]]:
    """Two neighbouring steps of a factor of 1.5, shared so that near prices look alike."""
    try:
        amount = float(str(price))
    except ValueError:
        return
    if not 0 < amount < math.inf:
        return
    step = math.log(amount, 1.5)
    lower = math.floor(step)
    yield f"$:{lower}", 0.5 * (1 - (step - lower))
    yield f"$:{lower + 1}", 0.5 * (step - lower)


@lru_cache(REMEMBERED)
def bucket(feature: str, buckets: int) -> int:
    """Where a feature is counted; the same in every process and on every machine."""
    return zlib.crc32(feature.encode()) % buckets
