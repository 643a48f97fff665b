"""Which items a caller wants at all: `{"category": "Lighting", "price": {"max": 20}, "colour": ["red", "blue"]}`.

Every field must hold. A text, number or yes/no must be equal, a list means any of its values, and
`{"min", "max"}` a range that includes its ends. `category` matches a whole path or the name of one level,
`price` is what the shopper pays, `on_sale` is true or false, and `not` holds a filter that must fail.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from recommender.catalog.labels import NONE, Codes, Labels
from recommender.catalog.table import CatalogTable
from recommender.catalog.text import fold, within
from recommender.errors import InputError
from recommender.vocabulary import Grown, Rows

Mask = NDArray[np.bool_]
Test = Callable[[CatalogTable, Rows], Mask]

CATEGORY_FIELDS = frozenset({"category", "product_type"})
"""Names under which a filter may ask for the category."""
SECRET = "cost"  # noqa: S105 - a field's name
MAX_FIELDS = 20
MAX_VALUES = 100
MAX_DEPTH = 3
ALLOWED = 'use a value, a list of values, or {"min": number, "max": number}'


@dataclass(frozen=True)
class Filter:
    """Conditions on catalogue fields."""

    tests: tuple[Test, ...]

    @classmethod
    def parse(cls, document: Mapping[str, Any], path: str = "filter") -> Self:
        """Read a filter as it is sent.

        Raises:
            InputError: a condition cannot be understood; it is named by its path.
        """
        if not isinstance(document, Mapping) or path.count(".not") > MAX_DEPTH:
            raise InputError(path, document, "use an object of field names and conditions")
        if len(document) > MAX_FIELDS:
            raise InputError(path, len(document), f"use at most {MAX_FIELDS} fields")
        return cls(tuple(_test(name, condition, f"{path}.{name}") for name, condition in document.items()))

    def mask(self, table: CatalogTable, rows: Rows) -> Mask:
        """Which of `rows` pass every condition."""
        return reduce(np.logical_and, (test(table, rows) for test in self.tests), np.ones(len(rows), np.bool_))


def in_category(category: str) -> Test:
    """Passes items of one category, named by its whole path or by one level of it."""
    return lambda table, rows: _labelled(table.category, rows, lambda path: within(path, category))


def chosen(mask: Mask) -> Test:
    """Passes the rows that are flagged in `mask`, which has a flag for every row of the table."""
    return lambda _, rows: mask[rows]


def _test(name: str, condition: Any, path: str) -> Test:
    if name == SECRET:
        raise InputError(path, condition, "this field is secret; filter on another one")
    if name == "not":
        inner = Filter.parse(condition, path)
        return lambda table, rows: ~inner.mask(table, rows)
    if name == "on_sale":
        return _on_sale(condition, path)
    if isinstance(condition, Mapping):
        return _range(name, condition, path)
    return _equal(name, _values(condition, path))


def _values(condition: Any, path: str) -> frozenset[Any]:
    values = condition if isinstance(condition, list | tuple) else [condition]
    if not values or len(values) > MAX_VALUES or not all(isinstance(value, str | int | float) for value in values):
        raise InputError(path, condition, f"{ALLOWED}; at most {MAX_VALUES} values, each a text, number or true/false")
    return frozenset(_comparable(value) for value in values)


def _equal(name: str, values: frozenset[Any]) -> Test:
    if name in CATEGORY_FIELDS:
        names = [str(value) for value in values]
        return lambda table, rows: _labelled(table.category, rows, lambda path: any(within(path, n) for n in names))
    if name == "brand":
        return lambda table, rows: _labelled(table.brand, rows, lambda brand: fold(brand) in values)
    if name == "price":
        return lambda table, rows: np.isin(paid(table, rows), [value for value in values if _is_number(value)])
    return lambda table, rows: _each(table, name, rows, lambda value: bool(comparables(value) & values))


def _range(name: str, condition: Mapping[str, Any], path: str) -> Test:
    unknown = set(condition) - {"min", "max"}
    if unknown or not condition or not all(_is_number(limit) for limit in condition.values()):
        raise InputError(path, dict(condition), ALLOWED)
    low, high = float(condition.get("min", -np.inf)), float(condition.get("max", np.inf))
    if low > high:
        raise InputError(path, dict(condition), "min must not be above max")
    if name == "price":
        return lambda table, rows: (paid(table, rows) >= low) & (paid(table, rows) <= high)
    return lambda table, rows: _each(table, name, rows, lambda value: _is_number(value) and low <= value <= high)


def _on_sale(condition: Any, path: str) -> Test:
    if not isinstance(condition, bool):
        raise InputError(path, condition, "use true or false")
    return lambda table, rows: np.isfinite(table.sale_price[rows]) == condition


def paid(table: CatalogTable, rows: Rows) -> NDArray[np.float64]:
    """What shoppers pay now for the items in `rows`; NaN is unknown."""
    sale = table.sale_price[rows]
    return np.where(np.isfinite(sale), sale, table.price[rows])


def _labelled(labels: Labels, rows: Rows, passes: Callable[[str], bool]) -> Mask:
    return _coded(labels.codes[rows], labels.names, passes)


def _each(table: CatalogTable, name: str, rows: Rows, passes: Callable[[Any], bool]) -> Mask:
    values = table.field(name)
    return _coded(values.codes[rows], values.distinct, passes)


def _coded(codes: Codes, values: Sequence[Any] | Grown, passes: Callable[[Any], bool]) -> Mask:
    """Which of `codes` stand for a value that passes; each value is asked about once."""
    flags = np.zeros(len(values) + 1, np.bool_)  # the last one stands for NONE
    met = range(len(values)) if len(codes) > len(values) else np.unique(codes)
    for code in met:
        flags[code] = code != NONE and passes(values[code])
    return flags[codes]


def comparables(value: Any) -> frozenset[Any]:
    """A value as it is compared; of a field with several values any may be the one asked for."""
    values = value if isinstance(value, list) else [value]
    return frozenset(_comparable(one) for one in values if isinstance(one, str | int | float))


def _comparable(value: Any) -> Any:
    if isinstance(value, bool):
        return str(value).lower()
    return fold(value) if isinstance(value, str) else value


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and bool(np.isfinite(value))
