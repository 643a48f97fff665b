"""What popups say in each language: templates, words, plurals and money, one file a language below `languages`.

Plural forms and formats of numbers are CLDR's, by Babel. Where writing runs from right to left, what is quoted is
isolated, so that text of the other direction does not tear the sentence apart.
"""

import re
from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Final, TypedDict

from babel import Locale
from babel.numbers import format_currency, format_decimal, format_percent

from recommender.languages import FALLBACK, RIGHT_TO_LEFT, base, isolated, texts

SPACE: Final = re.compile(r"(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])")
"""Between a currency's letters and the number, where CLDR asks for a space that Babel leaves out."""


class Language(TypedDict):
    """The texts of one language."""

    templates: dict[str, dict[str, str]]
    """Headline, text and button, without and with an offer."""
    words: dict[str, str]
    offers: dict[str, str]
    """What an offer promises, by its kind."""
    plurals: dict[str, dict[str, str]]
    """By CLDR's plural categories."""


LANGUAGES: Final[Mapping[str, Language]] = texts("recommender.retention")


class Speech:
    """How one language says things.

    Args:
        language: a language tag; one that does not ship is spoken in English.
    """

    def __init__(self, language: str) -> None:
        self.language = base(language) if base(language) in LANGUAGES else FALLBACK
        self._texts = LANGUAGES[self.language]
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
        values = isolated(values, self.language)
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
