"""What popups say in each language: templates, words, plurals and money, one file a language below `languages`.

Plural forms and formats of numbers are CLDR's, by Babel. Where writing runs from right to left, what is quoted is
isolated, so that text of the other direction does not tear the sentence apart.
"""

import json
import re
from collections.abc import Mapping
from decimal import Decimal
from functools import cache, lru_cache
from importlib.resources import files
from typing import Final, TypedDict

from babel import Locale
from babel.numbers import format_currency, format_decimal, format_percent

FALLBACK: Final = "en"
SPACE: Final = re.compile(r"(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])")
"""Between a currency's letters and the number, where CLDR asks for a space that Babel leaves out."""
RIGHT_TO_LEFT: Final = frozenset({"ar", "fa", "he", "ur"})


class Language(TypedDict):
    """The texts of one language."""

    templates: dict[str, dict[str, str]]
    """Headline, text and button, without and with an offer."""
    words: dict[str, str]
    offers: dict[str, str]
    """What an offer promises, by its kind."""
    plurals: dict[str, dict[str, str]]
    """By CLDR's plural categories."""


@cache
def languages() -> Mapping[str, Language]:
    """All languages that ship."""
    folder = files("recommender.retention").joinpath("languages")
    found = sorted((file for file in folder.iterdir() if file.name.endswith(".json")), key=lambda file: file.name)
    return {file.name.removesuffix(".json"): json.loads(file.read_text("utf-8")) for file in found}


class Speech:
    """How one language says things.

    Args:
        language: a language tag; one that does not ship is spoken in English.
    """

    def __init__(self, language: str) -> None:
        base = language.replace("_", "-").partition("-")[0].lower()
        self.language = base if base in languages() else FALLBACK
        self._texts = languages()[self.language]
        self._locale = Locale.parse(self.language)

    @property
    def direction(self) -> str:
        """`rtl` or `ltr`."""
        return "rtl" if self.language in RIGHT_TO_LEFT else "ltr"

    def template(self, template: str, part: str) -> str:
        """The headline, text or button of a template."""
        return self._texts["templates"][template][part]

    def word(self, name: str, **values: str) -> str:
        """A fixed text."""
        return self.filled(self._texts["words"][name], values)

    def offer(self, kind: str, **values: str) -> str:
        """What an offer of this kind promises."""
        return self.filled(self._texts["offers"][kind], values)

    def plural(self, name: str, number: int) -> str:
        """So many of something."""
        forms = self._texts["plurals"][name]
        form = forms.get(self._locale.plural_form(number), forms["other"])
        return form.replace("{number}", format_decimal(number, locale=self._locale))

    def money(self, amount: Decimal, currency: str) -> str:
        """An amount; whole ones without digits behind the point."""
        pattern = str(self._locale.currency_formats["standard"].pattern)
        if amount == amount.to_integral_value():
            pattern = pattern.replace("0.00", "0")
            text = format_currency(amount, currency, pattern, locale=self._locale, currency_digits=False)
        else:
            text = format_currency(amount, currency, pattern, locale=self._locale)
        return SPACE.sub("\xa0", str(text))

    def percent(self, percent: Decimal) -> str:
        """So many percent, with two digits behind the point at most."""
        pattern = str(self._locale.percent_formats[None].pattern).replace("##0", "##0.##")
        return str(format_percent(percent / 100, pattern, locale=self._locale))

    def filled(self, text: str, values: Mapping[str, str]) -> str:
        """A text with values for its placeholders: nothing in a value is looked at again."""
        if self.direction == "rtl":
            values = {name: f"\u2068{value}\u2069" for name, value in values.items()}
        parts = text.split("{")
        filled = [parts[0]]
        for part in parts[1:]:
            name, _, rest = part.partition("}")
            filled.extend((values[name], rest))
        return "".join(filled)


@lru_cache(64)
def speech(language: str) -> Speech:
    """The speech of a language tag."""
    return Speech(language)
