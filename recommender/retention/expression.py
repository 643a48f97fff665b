"""What segments are made of: conditions on traits, joined by and, or and not; judged for one visitor or all at once.

Logic has three values (Kleene): a condition on what is unknown neither holds nor fails, and nor does its opposite. A
verdict is two flags, whether it holds and whether it fails: plain bools of one visitor, arrays of many. So one code
judges a page view and a whole shop.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from operator import eq, ge, gt, le, lt, ne
from typing import Any, Final, NamedTuple, Protocol

from recommender.retention.traits import Trait, Value

Flags = Any
"""`bool`, or an array of them."""
Read = Callable[[Trait], Value]
SIGNS: Final = {"==": eq, "!=": ne, "<": lt, "<=": le, ">": gt, ">=": ge}


class Verdict(NamedTuple):
    """Whether something holds; neither flag where that is unknown, both where it may still turn out either way."""

    holds: Flags
    fails: Flags


HOLDS: Final = Verdict(holds=True, fails=False)
FAILS: Final = Verdict(holds=False, fails=True)
NEITHER: Final = Verdict(holds=False, fails=False)
EITHER: Final = Verdict(holds=True, fails=True)


class Expression(Protocol):
    """Something that can be judged."""

    def judge(self, read: Read) -> Verdict:
        """The verdict where `read` says what is known of each trait."""

    def traits(self) -> Iterator[Trait]:
        """The traits that are asked for, once for each condition."""


class Operand(Protocol):
    """What a trait is compared with."""

    def value(self, read: Read) -> Value:
        """What it comes to."""


@dataclass(frozen=True, slots=True)
class Literal:
    """A number, a text, or true or false."""

    written: Value

    def value(self, read: Read) -> Value:  # noqa: ARG002 - the operand's interface
        """As it was written."""
        return self.written


@dataclass(frozen=True, slots=True)
class Multiple:
    """So many times another trait."""

    trait: Trait
    times: float = 1.0

    def value(self, read: Read) -> Value:
        """The product, where the trait is known."""
        found = read(self.trait)
        return found if found.known is False or found.open else found._replace(of=found.of * self.times)


@dataclass(frozen=True, slots=True)
class Comparison:
    """A trait beside something else."""

    trait: Trait
    sign: str
    other: Literal | Multiple

    def judge(self, read: Read) -> Verdict:
        """Unknown where either side is."""
        left, right = read(self.trait), self.other.value(read)
        if left.open or right.open:
            return EITHER
        if left.known is False or right.known is False:
            return NEITHER
        return _verdict(SIGNS[self.sign](left.of, right.of), left.known & right.known)

    def traits(self) -> Iterator[Trait]:
        """Both sides."""
        yield self.trait
        if isinstance(self.other, Multiple):
            yield self.other.trait


@dataclass(frozen=True, slots=True)
class Among:
    """A trait that is one of several values."""

    trait: Trait
    values: tuple[Any, ...]

    def judge(self, read: Read) -> Verdict:
        """Unknown where the trait is."""
        found = read(self.trait)
        if found.open:
            return EITHER
        if found.known is False:
            return NEITHER
        one = found.of == self.values[0]
        for value in self.values[1:]:
            one = one | (found.of == value)
        return _verdict(one, found.known)

    def traits(self) -> Iterator[Trait]:
        """The one."""
        yield self.trait


@dataclass(frozen=True, slots=True)
class Missing:
    """A trait of which nothing is known; this itself is always known."""

    trait: Trait

    def judge(self, read: Read) -> Verdict:
        """Holds or fails."""
        found = read(self.trait)
        return EITHER if found.open else _of(found.known ^ True, found.known)

    def traits(self) -> Iterator[Trait]:
        """The one."""
        yield self.trait


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite."""

    part: Expression

    def judge(self, read: Read) -> Verdict:
        """Holds where the part fails; unknown stays unknown."""
        holds, fails = self.part.judge(read)
        return _of(fails, holds)

    def traits(self) -> Iterator[Trait]:
        """Those of the part."""
        return self.part.traits()


@dataclass(frozen=True, slots=True)
class Both:
    """This and that."""

    left: Expression
    right: Expression

    def judge(self, read: Read) -> Verdict:
        """Fails as soon as one part does, whatever is unknown of the other."""
        left = self.left.judge(read)
        if left is FAILS:
            return left
        right = self.right.judge(read)
        return _of(left.holds & right.holds, left.fails | right.fails)

    def traits(self) -> Iterator[Trait]:
        """Those of both."""
        yield from self.left.traits()
        yield from self.right.traits()


@dataclass(frozen=True, slots=True)
class Either:
    """This or that."""

    left: Expression
    right: Expression

    def judge(self, read: Read) -> Verdict:
        """Holds as soon as one part does, whatever is unknown of the other."""
        left = self.left.judge(read)
        if left is HOLDS:
            return left
        right = self.right.judge(read)
        return _of(left.holds | right.holds, left.fails & right.fails)

    def traits(self) -> Iterator[Trait]:
        """Those of both."""
        yield from self.left.traits()
        yield from self.right.traits()


def _verdict(met: Flags, known: Flags) -> Verdict:
    return _of(known & met, known & (met ^ True))


def _of(holds: Flags, fails: Flags) -> Verdict:
    """The verdict; of one visitor always the same few objects, by which `and` and `or` see that they are settled."""
    if holds is True and fails is False:
        return HOLDS
    if holds is False and fails is True:
        return FAILS
    return Verdict(holds, fails)
