"""Names inside the script become short; gzip alone leaves too much of them.

Every function uses the same few letters again, as long as it does not hide a name that it needs: the more often a
letter stands for something, the better it compresses. Names of properties are seen by others, so they stay.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain, product
from string import ascii_letters

TOKEN = re.compile(
    r"""
    (?P<text>"(?:\\.|[^"\\])*" | (?<=[(,=>:!&|?{;\n])[ ]*/(?![*/])(?:\\.|[^/\\\n])+/[a-z]* | \d[\w.]*)
    | (?P<blank>\s+ | //[^\n]* | /\*.*?\*/)
    | (?P<name>[A-Za-z_$][\w$]*)
    | (?P<sign>\.\.\. | \?\. | => | .)
    """,
    re.VERBOSE | re.DOTALL,
)
SHORTER = {"true": "!0", "false": "!1", "undefined": "void 0", "const": "let"}
LETTERS = "".join(dict.fromkeys("asteicnrlbdu" + ascii_letters + "$_"))
"""Those that a script has most anyway come first: they compress best."""

Token = tuple[str, str]


@dataclass(eq=False)
class Scope:
    """A stretch of the source with names of its own, from one token to before another."""

    start: int
    end: int
    outer: "Scope | None" = None
    names: dict[str, str] = field(default_factory=dict)
    """What is declared here, and its short name."""

    def declaring(self, name: str) -> "Scope | None":
        """The scope, this one or one around it, that declares the name."""
        if name in self.names:
            return self
        return self.outer.declaring(name) if self.outer else None


def tokens(source: str) -> list[Token]:
    """The source cut into pairs of kind and text."""
    return [(match.lastgroup or "", match.group()) for match in TOKEN.finditer(source)]


class Script:
    """A script whose names can become short; strings in back ticks are not understood, so do without."""

    def __init__(self, source: str) -> None:
        self._everything = tokens(source)
        self._parts = [("sign", ";"), *(part for part in self._everything if part[0] != "blank"), ("sign", ";")]
        self._partner: dict[int, int] = {}
        self._braced: list[bool] = []
        self._match()
        self._scopes = sorted(self._find_scopes(), key=lambda scope: (scope.start, -scope.end))
        self._inside = self._nest()
        for place, scope in self._declared():
            scope.names[self._parts[place][1]] = ""
        self._uses = {
            place: self._inside[place].declaring(text)
            for place, (kind, text) in enumerate(self._parts)
            if kind == "name" and not self._is_key(place)
        }

    def shortened(self) -> str:
        """The same script with short names."""
        for place, scope in self._uses.items():
            if scope and self._is_both(place):
                scope.names[self._parts[place][1]] = self._parts[place][1]
        fixed = {short for scope in self._scopes for short in scope.names.values()}
        for scope in self._scopes:
            places = range(scope.start, scope.end)
            around = {self._name(place) for place in places if self._uses.get(place, scope) != scope}
            free = (name for name in _short_names() if name not in around | fixed)
            scope.names = {name: short or next(free) for name, short in scope.names.items()}
        place, written = 0, []
        for kind, text in self._everything:
            place += kind != "blank"
            written.append(text if kind == "blank" else self._name(place))
        return "".join(written)

    def _name(self, place: int) -> str:
        """What stands there in the end; of a scope that had no turn yet, the name as it was."""
        _, text = self._parts[place]
        scope = self._uses.get(place)
        if scope:
            return scope.names[text] or text
        return SHORTER.get(text, text) if place in self._uses else text

    def _match(self) -> None:
        """Find the partner of each bracket, and whether braces are the innermost around each token."""
        waiting: list[int] = []
        for place, (kind, text) in enumerate(self._parts):
            if kind == "sign" and text in ")]}":
                opened = waiting.pop()
                self._partner |= {opened: place, place: opened}
            self._braced.append(bool(waiting) and self._parts[waiting[-1]][1] == "{")
            if kind == "sign" and text in "([{":
                waiting.append(place)

    def _find_scopes(self) -> Iterator[Scope]:
        """The whole, then every function, then every other pair of braces."""
        yield Scope(0, len(self._parts))
        bodies = set()
        for place, (_, text) in enumerate(self._parts):
            if text == "=>":
                bodies.add(place + 1)
                yield Scope(self._partner.get(place - 1, place - 1), self._end(place + 1))
        for place, (_, text) in enumerate(self._parts):
            if text == "{" and place not in bodies:
                yield Scope(place, self._partner[place] + 1)

    def _end(self, place: int) -> int:
        """Where a function's body ends that begins there."""
        if self._parts[place][1] == "{":
            return self._partner[place] + 1
        while self._parts[place][1] not in {",", ";", ")", "]", "}"}:
            place = self._partner.get(place, place) + 1
        return place

    def _nest(self) -> list[Scope]:
        """The innermost scope of each token."""
        inside: list[Scope] = []
        around: list[Scope] = []
        coming = [*reversed(self._scopes)]
        for place in range(len(self._parts)):
            while around and around[-1].end <= place:
                around.pop()
            while coming and coming[-1].start == place:
                coming[-1].outer = around[-1] if around else None
                around.append(coming.pop())
            inside.append(around[-1])
        return inside

    def _declared(self) -> Iterator[tuple[int, Scope]]:
        """Places where names are declared, and in which scope: parameters, and what `const` and `let` name."""
        for place, (_, text) in enumerate(self._parts):
            start = {"=>": place - 1, "const": place + 1, "let": place + 1}.get(text)
            if start is not None:
                first, last = sorted((start, self._partner.get(start, start)))
                scope = self._inside[first if text == "=>" else place]
                for spot in range(first, last + 1):
                    if self._parts[spot][0] == "name" and not self._is_key(spot):
                        yield spot, scope

    def _is_key(self, place: int) -> bool:
        """Whether the name there is a property's: after a dot, or before a colon in an object."""
        before, after = self._parts[place - 1][1], self._parts[place + 1][1]
        return before in {".", "?."} or (after == ":" and before in {"{", ","} and self._braced[place])

    def _is_both(self, place: int) -> bool:
        """Whether the name there is a property's and a variable's at once, as in `{ name }`."""
        before, after = self._parts[place - 1][1], self._parts[place + 1][1]
        return self._braced[place] and before in {"{", ","} and after in {",", "}"}


def _short_names() -> Iterator[str]:
    """All short names, the shortest first."""
    return chain(LETTERS, (first + second for first, second in product(LETTERS, repeat=2)))


def shorten(source: str) -> str:
    """The same script with short names."""
    return Script(source).shortened()
