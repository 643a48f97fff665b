"""How segments are written: `orders >= 3 and (spend > 200 or rfm_group == 'loyal') and not country in ['DE', 'AT']`.

A recursive descent over a handful of tokens; nothing is ever evaluated as code. In order of precedence:

    expression  = conjunction { "or" conjunction }
    conjunction = negation { "and" negation }
    negation    = "not" negation | "(" expression ")" | condition
    condition   = segment | trait [ comparison ]
    comparison  = sign ( literal | [ number "*" ] trait ) | [ "not" ] "in" list | "is" [ "not" ] "missing"
    list        = "[" literal { "," literal } "]"
"""

import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from recommender.errors import InputError
from recommender.retention.expression import (
    SIGNS,
    Among,
    Both,
    Comparison,
    Either,
    Expression,
    Literal,
    Missing,
    Multiple,
    Not,
)
from recommender.retention.traits import Kind, Trait, Value

LONGEST: Final = 1000
"""Characters of an expression."""
DEEPEST: Final = 10
"""Brackets and negations within one another."""
MOST_CONDITIONS: Final = 200
"""Conditions of an expression, those of the segments that it names included."""
MOST_VALUES: Final = 100
"""Values of a list."""
LONGEST_TEXT: Final = 200

WORDS: Final = frozenset({"and", "or", "not", "in", "is", "missing", "true", "false"})
"""What no segment may be called."""
ORDERED: Final = frozenset({"<", "<=", ">", ">="})
TOKEN: Final = re.compile(
    r"""\s*(?:
        (?P<number>-?[0-9]{1,12}(?:\.[0-9]{1,6})?(?![\w.]))
      | (?P<text>'[^'\x00-\x1f]*'|"[^"\x00-\x1f]*")
      | (?P<name>[A-Za-z][A-Za-z0-9_-]*)
      | (?P<sign>==|!=|<=|>=|<|>)
      | (?P<mark>[()\[\],*])
    )""",
    re.VERBOSE,
)
WISHES: Final = {
    Kind.NUMBER: "a number like 2 or 19.95, or another trait that is a number, as in 2 * average_days_between_orders",
    Kind.TEXT: "a text in quotes, like 'DE'",
    Kind.FLAG: "true or false",
}


class Token(NamedTuple):
    """One word or sign."""

    kind: str
    """number, text, name, sign, mark, or end."""
    text: str
    place: int
    """Of its first character, from 1."""


def parse(text: str, traits: Mapping[str, Trait], segments: Mapping[str, Expression], field: str) -> Expression:
    """What an expression says.

    Args:
        text: as it was written.
        traits: what may be asked for, by name.
        segments: what may be referred to, by name.
        field: what the error calls the place where it was written.

    Raises:
        InputError: it is not understood, too long or too deep; the message says where, and what is allowed there.
    """
    return _Parser(text, traits, segments, field).whole()


class _Parser:
    def __init__(self, text: str, traits: Mapping[str, Trait], segments: Mapping[str, Expression], field: str) -> None:
        self._text, self._traits, self._segments, self._field = text, traits, segments, field
        if len(text) > LONGEST:
            raise InputError(field, text, f"use at most {LONGEST} characters; this has {len(text)}")
        self._tokens = self._split()
        self._at = 0
        self._depth = 0

    def whole(self) -> Expression:
        """The expression, with nothing behind it."""
        found = self._expression()
        if self._next.kind != "end":
            raise self._refused(self._next, "use and, or, or end here")
        if (count := sum(1 for _ in found.traits())) > MOST_CONDITIONS:
            allowed = (
                f"use at most {MOST_CONDITIONS} conditions, those of the segments named included; these are {count}"
            )
            raise InputError(self._field, self._text, allowed)
        return found

    def _split(self) -> list[Token]:
        tokens, place = [], 0
        end = len(self._text.rstrip())
        while place < end:
            match = TOKEN.match(self._text, place)
            if match is None:
                place += len(self._text[place:]) - len(self._text[place:].lstrip())
                unknown = Token("", self._text[place : place + 1], place + 1)
                raise self._refused(unknown, "use names, numbers, texts in quotes, ( ) [ ] , * and " + " ".join(SIGNS))
            kind = str(match.lastgroup)
            tokens.append(Token(kind, match[kind], match.start(kind) + 1))
            place = match.end()
        return [*tokens, Token("end", "", end + 1)]

    @property
    def _next(self) -> Token:
        return self._tokens[self._at]

    def _take(self) -> Token:
        token = self._next
        self._at += 1
        return token

    def _takes(self, *texts: str) -> bool:
        """Go over this word or sign, if it comes next."""
        token = self._next
        spelled = token.text.lower() if token.kind == "name" else token.text
        found = token.kind not in {"text", "end"} and spelled in texts
        self._at += found
        return found

    def _expect(self, text: str) -> None:
        if not self._takes(text):
            raise self._refused(self._next, f"use {text} here")

    def _expression(self) -> Expression:
        found = self._conjunction()
        while self._takes("or"):
            found = Either(found, self._conjunction())
        return found

    def _conjunction(self) -> Expression:
        found = self._negation()
        while self._takes("and"):
            found = Both(found, self._negation())
        return found

    def _negation(self) -> Expression:
        opening = self._next
        negated = self._takes("not")
        if not negated and not self._takes("("):
            return self._condition()
        self._depth += 1
        if self._depth > DEEPEST:
            raise self._refused(opening, f"use at most {DEEPEST} brackets and nots within one another")
        found = Not(self._negation()) if negated else self._expression()
        if not negated:
            self._expect(")")
        self._depth -= 1
        return found

    def _condition(self) -> Expression:
        token = self._take()
        if token.kind == "name" and (trait := self._traits.get(token.text)) is not None:
            return self._of(trait, token)
        if token.kind == "name" and (segment := self._segments.get(token.text)) is not None:
            return segment
        allowed = f"use {', '.join(self._segments)}; or a comparison like 'orders >= 2' of {', '.join(self._traits)}"
        raise self._refused(token, allowed)

    def _of(self, trait: Trait, token: Token) -> Expression:
        if self._takes("is"):
            negated = self._takes("not")
            self._expect("missing")
            return Not(Missing(trait)) if negated else Missing(trait)
        if self._takes("not"):
            self._expect("in")
            return Not(Among(trait, self._list(trait)))
        if self._takes("in"):
            return Among(trait, self._list(trait))
        sign = self._next
        if sign.kind == "sign":
            return self._compared(trait, self._take())
        if trait.kind is Kind.FLAG:
            return Comparison(trait, "==", Literal(Value(of=True)))
        raise self._refused(
            sign, f"compare {token.text}: use {self._signs(trait)}, in, not in, is missing, is not missing"
        )

    def _compared(self, trait: Trait, sign: Token) -> Expression:
        if trait.kind is not Kind.NUMBER and sign.text in ORDERED:
            raise self._refused(sign, f"{trait.name} has no order; use {self._signs(trait)}, in, or not in")
        if trait.kind is Kind.NUMBER:
            if self._next.kind == "name":
                return Comparison(trait, sign.text, Multiple(self._number_trait()))
            number = self._literal(trait)
            if self._takes("*"):
                return Comparison(trait, sign.text, Multiple(self._number_trait(), number))
            return Comparison(trait, sign.text, Literal(Value(number)))
        return Comparison(trait, sign.text, Literal(Value(self._literal(trait))))

    def _number_trait(self) -> Trait:
        token = self._take()
        trait = self._traits.get(token.text) if token.kind == "name" else None
        if trait is None or trait.kind is not Kind.NUMBER:
            numbers = (one.name for one in self._traits.values() if one.kind is Kind.NUMBER)
            raise self._refused(token, f"use a number, or one of {', '.join(numbers)}")
        return trait

    def _list(self, trait: Trait) -> tuple[Any, ...]:
        self._expect("[")
        values = [self._literal(trait)]
        while self._takes(","):
            if len(values) == MOST_VALUES:
                raise self._refused(self._next, f"use at most {MOST_VALUES} values")
            values.append(self._literal(trait))
        self._expect("]")
        return tuple(values)

    def _literal(self, trait: Trait) -> Any:
        token = self._take()
        if trait.kind is Kind.NUMBER and token.kind == "number":
            return float(token.text)
        if trait.kind is Kind.FLAG and token.kind == "name" and token.text.lower() in {"true", "false"}:
            return token.text.lower() == "true"
        if trait.kind is Kind.TEXT and token.kind == "text":
            return self._spelled(trait, token)
        raise self._refused(token, f"{trait.name} wants {WISHES[trait.kind]}")

    def _spelled(self, trait: Trait, token: Token) -> str:
        text = token.text[1:-1]
        if len(text) > LONGEST_TEXT:
            raise self._refused(token, f"use at most {LONGEST_TEXT} characters in quotes")
        if trait.values and text not in trait.values:
            raise self._refused(token, f"{trait.name} is one of {', '.join(trait.values)}")
        if trait.pattern and not re.fullmatch(trait.pattern, text):
            raise self._refused(token, f"{trait.name} is written {trait.example}")
        return text

    def _signs(self, trait: Trait) -> str:
        return " ".join(sign for sign in SIGNS if trait.kind is Kind.NUMBER or sign not in ORDERED)

    def _refused(self, token: Token, allowed: str) -> InputError:
        found = repr(token.text) if token.text else "the end"
        return InputError(self._field, self._text, f"at character {token.place}, {found}: {allowed}")
