"""What the catalogue says of each item that a ranker can compare: its price and its category."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from recommender.models.arrays import FloatArray, IntArray

Document = Mapping[str, Any]


def prices(documents: Sequence[Document]) -> FloatArray:
    """What each item costs now; nan where nobody tells."""
    return np.array([_price(document) for document in documents], np.float32)


def categories(documents: Sequence[Document]) -> IntArray:
    """A number for the category of each item, in order of their first item; -1 where nobody tells."""
    codes: dict[str, int] = {}
    found = [_category(document) for document in documents]
    return np.array([codes.setdefault(name, len(codes)) if name else -1 for name in found], np.int32)


def _price(document: Document) -> float:
    value = document.get("sale_price") or document.get("price")
    return float(value) if value is not None else float("nan")


def _category(document: Document) -> str:
    return str(document.get("product_type") or document.get("google_product_category") or "")
