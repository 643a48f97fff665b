"""Google Merchant feeds in XML: RSS 2.0 or Atom, read item by item."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import XMLParser

from recommender.errors import ImportingError
from recommender.nesting import MOST_LEVELS
from training.importing.intake import Intake
from training.importing.json_stream import LONGEST_DOCUMENT
from training.importing.source import Source
from training.importing.tabular_items import Row

ITEMS = frozenset({"item", "entry"})
"""What an item is called in RSS and in Atom."""


@dataclass(frozen=True)
class MerchantXmlItems:
    """Reads an XML feed."""

    source: Source

    def rows(self, intake: Intake) -> Iterator[Row]:
        """Each item's fields with the line on which it begins.

        Raises:
            ImportingError: this is no XML, it breaks off, it declares entities of its own, or an item has no end.
        """
        target = _Target(self.source.name)
        parser = XMLParser(target=target)
        target.line = lambda: parser.parser.CurrentLineNumber
        try:
            for piece in self.source.raw():
                for start in range(0, len(piece), 1 << 16):
                    parser.feed(piece[start : start + (1 << 16)])
                    yield from target.taken(intake)
            parser.close()
        except DefusedXmlException:
            raise ImportingError(
                f"{self.source.name}: the XML declares entities of its own, which is not safe"
            ) from None
        except (ParseError, LookupError, ValueError) as error:  # the latter two tell of an unknown encoding
            raise ImportingError(f"{self.source.name}: the XML cannot be read on ({error})") from None
        yield from target.taken(intake)
        if not target.found:
            raise ImportingError(f"{self.source.name}: there is no <item> (RSS) and no <entry> (Atom) in it")


@dataclass
class _Element:
    name: str
    attributes: dict[str, str]
    text: list[str] = field(default_factory=list)
    children: dict[str, Any] = field(default_factory=dict)

    def value(self) -> Any:
        """Nested elements as an object, text as text; Atom's empty `link` is its address."""
        if self.children:
            return self.children
        return "".join(self.text).strip() or self.attributes.get("href", "")

    def add(self, name: str, value: Any) -> None:
        """Keep a child's value; several of one name become a list."""
        if name in self.children:
            there = self.children[name]
            if isinstance(there, list):  # one of ours: values are texts and objects
                there.append(value)
            else:
                self.children[name] = [there, value]
        else:
            self.children[name] = value


class _Target:
    """Collects finished items while the parser goes on."""

    def __init__(self, file: str) -> None:
        self.line: Any = int
        self.found = False
        self._file = file
        self._size = 0
        self._open: list[_Element] = []
        self._begun = 0
        self._done: list[Row] = []

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        name = tag.rsplit("}", 1)[-1]
        if self._open:
            self._open.append(_Element(name, attributes))
            self._grow(len(name) + sum(map(len, attributes.values())))
        elif name in ITEMS:
            self._begun, self.found, self._size = self.line(), True, 0
            self._open = [_Element(name, attributes)]

    def data(self, text: str) -> None:
        """Text stands in the element that is open."""
        if self._open:
            self._open[-1].text.append(text)
            self._grow(len(text))

    def end(self, _tag: str) -> None:
        """An element ends; its value goes to the one around it."""
        if not self._open:
            return
        element = self._open.pop()
        if self._open:
            self._open[-1].add(element.name, element.value())
        else:
            self._done.append((self._begun, element.children))

    def _grow(self, characters: int) -> None:
        """Memory holds whole items, so what calls itself one must not be a whole file."""
        self._size += characters
        if self._size > LONGEST_DOCUMENT or len(self._open) > MOST_LEVELS:
            allowed = f"{LONGEST_DOCUMENT >> 20} MB and {MOST_LEVELS} levels of elements"
            raise ImportingError(f"{self._file}, line {self._begun}: an item may have at most {allowed}")

    def taken(self, intake: Intake) -> list[Row]:
        """The items that are complete since the last call; counts them."""
        done, self._done = self._done, []
        intake.rows += len(done)
        return done
