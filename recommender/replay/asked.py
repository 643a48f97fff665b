"""Everything that the answer to a page view was made of, as it stands in the log."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from datetime import datetime
from operator import attrgetter
from typing import Any, Final, Generic, NamedTuple, Self, TypeVar

from recommender.assignment import held_out
from recommender.engine.page import Page, PageType
from recommender.engine.request import CartItem, Encounter, Interaction, Visitor
from recommender.engine.snapshot import Snapshot
from recommender.errors import InputError
from recommender.retention import knowledge
from recommender.retention.facts import Device, Facts
from recommender.retention.knowledge import Told

FORMAT: Final = 1
"""Of the document; what another Vitrine wrote is refused."""
LAYER = "replay"

T = TypeVar("T")


class Chosen(NamedTuple):
    """A variant that the visitor had."""

    experiment: str
    variant: str
    propensity: float
    """Of this variant, for those who are in the experiment."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One page view before the engine."""

    now: datetime
    visitor: Visitor
    told: Told
    placements: tuple[str, ...] | None
    """Ids of the slots that were asked for; None: all of the page's type."""
    language: str
    model: str
    """Version of the artifact."""
    configuration: int
    """Version of the shop's document."""
    catalog: int
    """Revision of the catalogue."""
    drawn: tuple[Chosen, ...] = ()
    """What the visitor had otherwise than the document says, by experiments."""

    @property
    def variants(self) -> dict[str, str]:
        """The variants by experiment."""
        return {one.experiment: one.variant for one in self.drawn}

    def facts(self, snapshot: Snapshot) -> Facts:
        """What is known of the visitor and the page."""
        return knowledge.facts(snapshot, self.visitor, self.told, self.now)

    def document(self) -> dict[str, Any]:
        """As JSON values, without what is usual; ids and the moment stand in columns of the log."""
        visitor, told = self.visitor, self.told
        parts = {name: [rows.written(one) for one in getattr(visitor, name)] for name, rows in OF_VISITOR.items()}
        beside = {name: value for name in BESIDE if (value := getattr(told, name)) != USUAL[name]}
        return {
            "format": FORMAT,
            "model": self.model,
            "configuration": self.configuration,
            "catalog": self.catalog,
            "language": self.language,
            "page": PAGE.written(told.page),
            "told": beside,
            "visitor": {name: rows for name, rows in parts.items() if rows}
            | ({} if visitor.personal else {"personal": False})
            | ({} if visitor.visitor_id is not None or visitor.customer_id is not None else {"unknown": True}),
            "drawn": [list(one) for one in self.drawn],
            **({} if self.placements is None else {"placements": list(self.placements)}),
        }

    @classmethod
    def read(
        cls, document: Mapping[str, Any], *, now: datetime, visitor_id: str | None, customer_id: str | None
    ) -> Self:
        """What :meth:`document` was made of.

        Args:
            document: from the log.
            now: when the page was asked for.
            visitor_id: the browser.
            customer_id: the account.

        Raises:
            InputError: another version of Vitrine wrote it.
        """
        if document.get("format") != FORMAT:
            raise InputError("format", document.get("format"), f"this Vitrine reads logged pages of format {FORMAT}")
        known, page, told = document["visitor"], document["page"], dict(document["told"])
        if told.get("device") is not None:
            told["device"] = Device(told["device"])
        unknown = known.get("unknown", False)
        visitor = Visitor(
            visitor_id=None if unknown else visitor_id,
            customer_id=None if unknown else customer_id,
            personal=known.get("personal", True),
            **{name: tuple(rows.read(row) for row in known.get(name, ())) for name, rows in OF_VISITOR.items()},
        )
        placements = document.get("placements")
        return cls(
            now=now,
            visitor=visitor,
            told=Told(page=Page(PageType(page[0]), *page[1:]), **told),
            placements=None if placements is None else tuple(placements),
            language=document["language"],
            model=document["model"],
            configuration=document["configuration"],
            catalog=document["catalog"],
            drawn=tuple(Chosen(*one) for one in document["drawn"]),
        )


def sampled(shop: str, request_id: str, share: float) -> bool:
    """Whether a page is logged whole: drawn by its request id, so that anybody can tell."""
    return held_out(shop, request_id, LAYER, share)


@dataclass(frozen=True)
class _Rows(Generic[T]):
    """Flat values as short rows: what is usual is left off their ends."""

    made: type[T]
    values: Callable[[T], tuple[object, ...]]
    usual: Sequence[object]

    @classmethod
    def of(cls, made: type[T]) -> "_Rows[T]":
        """Rows of a flat dataclass with several fields."""
        parts = fields(made)  # type: ignore[arg-type]  # a dataclass
        return cls(made, attrgetter(*(part.name for part in parts)), [part.default for part in parts])

    def written(self, one: T) -> list[object]:
        """The values, in the order of the fields."""
        row = [*self.values(one)]
        while row[-1] == self.usual[len(row) - 1]:
            row.pop()
        return row

    def read(self, row: Sequence[Any]) -> T:
        """What the values were taken from."""
        return self.made(*row)


PAGE = _Rows.of(Page)
OF_VISITOR: Final[Mapping[str, _Rows[Any]]] = {
    "history": _Rows.of(Interaction),
    "session": _Rows.of(Interaction),
    "cart": _Rows.of(CartItem),
    "encounters": _Rows.of(Encounter),
}
USUAL: Final[Mapping[str, object]] = {
    part.name: part.default if part.default is not MISSING else {} for part in fields(Told) if part.name != "page"
}
BESIDE = tuple(USUAL)
"""What a page says beside what it is about."""
