"""Every customer's place in their life with the shop: a row a person who ordered. Orders are those vouched for."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from recommender.errors import ArtifactError
from recommender.forgotten import Forgotten
from recommender.lifecycle.rfm import RfmGroup, named
from recommender.models.arrays import load_arrays, save_arrays
from recommender.models.histories import customer_key, visitor_key
from recommender.models.identifiers import KeyTable, StoredIds


class Customer(NamedTuple):
    """One person's orders, and what they let expect. None: unknown. Moments are Unix seconds.

    Money is in the currency in which the shop sells most; orders in others count as orders only. `low` and `high` are
    the ends of a prediction's interval.
    """

    orders: int
    spend: float
    """What the orders came to, less refunds."""
    first: float
    """Moment of the first order."""
    last: float
    recency: int | None = None
    """1 (lowest fifth of all customers) to 5, as are the next two."""
    frequency: int | None = None
    monetary: int | None = None
    rfm_group: RfmGroup | None = None
    average_order_value: float | None = None
    average_days_between_orders: float | None = None
    """None before the second order."""
    historic_clv: float | None = None
    """What the orders brought, in `CustomerModel.terms.money`."""
    predicted_clv: float | None = None
    """What the orders of the next `CustomerModel.terms.horizon_days` will bring."""
    predicted_clv_low: float | None = None
    predicted_clv_high: float | None = None
    total_clv: float | None = None
    """Historic and predicted."""
    predicted_number_of_orders: float | None = None
    """In the same time."""
    predicted_number_of_orders_low: float | None = None
    predicted_number_of_orders_high: float | None = None
    churn_probability: float | None = None
    """That no order comes in `CustomerModel.terms.churn_days`."""
    expected_date_of_next_order: float | None = None
    """The median, if one comes in `horizon_days`; None also where none is likelier than one."""
    expected_date_of_next_order_low: float | None = None
    expected_date_of_next_order_high: float | None = None


WHOLE: Final = {"orders": np.int32, "first": np.int64, "last": np.int64}
SCORES: Final = ("recency", "frequency", "monetary", "rfm_group")
"""Bytes; 0: unknown."""
EXACT: Final = ("spend", "historic_clv", "total_clv")
"""Sums of money; the other columns are 32 bits wide. nan: unknown."""
MOMENTS: Final = tuple(name for name in Customer._fields if name.startswith("expected_date"))
DTYPES: Final[Mapping[str, Any]] = {
    **dict.fromkeys(Customer._fields, np.float32),
    **WHOLE,
    **dict.fromkeys(SCORES, np.uint8),
    **dict.fromkeys((*EXACT, *MOMENTS), np.float64),
}
"""Of each column; part of the artifact's format."""

Column = NDArray[Any]


@dataclass(frozen=True)
class Terms:
    """What the numbers of all customers mean."""

    money: str = "revenue"
    """What lifetime values are in: `revenue`, or `profit` where the catalogue knows what goods cost."""
    currency: str | None = None
    """None: the log names none."""
    horizon_days: int = 365
    """How far predictions look ahead of the end of the data."""
    churn_days: int = 90
    """How long a silence is that ends it all."""
    coverage: float = 0.9
    """Share of customers whose orders are to lie within the intervals."""
    model: str | None = None
    """Who predicts: `bgnbd` (with Gamma-Gamma), or `cells`; None: nobody, for the reason given."""
    churn_model: str | None = None
    """Who tells `churn_probability`: the same, or `lightgbm` where browsing tells more."""
    reason: str = ""
    """Why this model and no other, or why none; and what was left out."""


@dataclass(frozen=True, eq=False)
class CustomerModel:
    """The columns of `Customer`, found by the keys of accounts and of browsers."""

    people: StoredIds
    """The person in each row: `customer:<id>` or `visitor:<id>`."""
    browsers: KeyTable
    """Rows of customers under the keys of browsers that are theirs alone."""
    columns: Mapping[str, Column]
    """One for each field of `Customer`, with its dtype in `DTYPES`; unknown scores are 0, other unknown values nan."""
    terms: Terms = Terms()

    @classmethod
    def fit(
        cls,
        people: Sequence[str],
        columns: Mapping[str, Column],
        *,
        browsers: Mapping[str, int] | None = None,
        terms: Terms = Terms(),
    ) -> Self:
        """Store what is known of each person.

        Args:
            people: keys, distinct; see `customer_key` and `visitor_key`.
            columns: some of those of `Customer`; what is missing is unknown.
            browsers: keys of browsers, and the rows of the customers to whom alone they belong.
            terms: what the numbers mean.
        """
        own = browsers or {}
        table = KeyTable.build([*own], np.fromiter(own.values(), np.int32, len(own)))
        unknown: dict[str, Column] = {
            name: np.full(len(people), _unknown(name), dtype) for name, dtype in DTYPES.items()
        }
        given = {name: column.astype(DTYPES[name]) for name, column in columns.items()}
        return cls(StoredIds.build(people), table, unknown | given, terms)

    def __len__(self) -> int:
        return len(self.people)

    def row(self, *, visitor_id: str | None = None, customer_id: str | None = None) -> int | None:
        """Row of a person, the customer's first; None when they never ordered."""
        row = self.people.table.row(customer_key(customer_id)) if customer_id else None
        if row is None and visitor_id:
            key = visitor_key(visitor_id)
            row = self.browsers.row(key)
            row = self.people.table.row(key) if row is None else row
        return row

    def of(self, *, visitor_id: str | None = None, customer_id: str | None = None) -> Customer | None:
        """Everything about a person, the customer's first; None when they never ordered."""
        row = self.row(visitor_id=visitor_id, customer_id=customer_id)
        return None if row is None else self[row]

    def __getitem__(self, row: int) -> Customer:
        return Customer(*(_value(name, self.columns[name].item(row)) for name in Customer._fields))

    def without(self, forgotten: Forgotten) -> Self:
        """Everybody but those who are to be forgotten; itself where it holds none of them."""
        gone, browsers = forgotten.among(self.people.table), forgotten.among(self.browsers)
        if not (gone.any() or browsers.any()):
            return self
        stays = np.ones(len(self), np.bool_)
        stays[self.people.table.rows[gone]] = False
        renumbered = (np.cumsum(stays) - 1).astype(np.int32)
        theirs = stays[self.browsers.rows] & ~browsers
        return replace(
            self,
            people=self.people.where(stays),
            browsers=self.browsers.where(theirs, renumbered[self.browsers.rows]),
            columns={name: column[stays] for name, column in self.columns.items()},
        )

    def save(self, folder: Path) -> None:
        """Write everything below `folder`."""
        self.people.save(folder / "people")
        self.browsers.save(folder / "browsers")
        save_arrays(folder, **self.columns)
        (folder / TERMS).write_text(json.dumps(vars(self.terms), indent=2, sort_keys=True), "utf-8")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Open what :meth:`save` wrote.

        Raises:
            ArtifactError: a file is missing or cannot be read.
        """
        try:
            terms = Terms(**json.loads((folder / TERMS).read_text("utf-8")))
        except (OSError, ValueError, TypeError) as error:
            raise ArtifactError(f"{TERMS} in {folder} cannot be opened: {error}") from None
        columns = dict(zip(DTYPES, load_arrays(folder, *DTYPES), strict=True))
        return cls(StoredIds.load(folder / "people"), KeyTable.load(folder / "browsers"), columns, terms)


TERMS: Final = "terms.json"


def _unknown(name: str) -> float:
    return 0 if np.issubdtype(DTYPES[name], np.integer) else np.nan


def _value(name: str, stored: float) -> Any:
    if name == "rfm_group":
        return named(int(stored))
    if name in SCORES:
        return stored or None
    return None if stored != stored else stored  # nan
