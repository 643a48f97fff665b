"""Persons whom no model may know any more, told apart without their ids."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:  # the records know who was erased without loading models
    from recommender.models.identifiers import KeyTable

DIGEST_BYTES = 16


@dataclass(frozen=True)
class Forgotten:
    """A set of keys (`customer:<id>`, `visitor:<id>`) of which only digests are known.

    A digest is made with the shop's secret: who reads a list of digests cannot try ids on it.
    """

    secret: str
    digests: frozenset[str] = frozenset()
    """Hexadecimal."""

    @classmethod
    def of(cls, secret: str, keys: Iterable[str]) -> Self:
        """The persons with these keys."""
        nobody = cls(secret)
        return cls(secret, frozenset(nobody.digest(key) for key in keys))

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and bool(self.digests) and self.digest(key) in self.digests

    def __bool__(self) -> bool:
        return bool(self.digests)

    def digest(self, key: str) -> str:
        """What stands for a key (BLAKE2b, keyed)."""
        return self._digest(key.encode("utf-8", "surrogatepass"))

    def among(self, table: "KeyTable") -> NDArray[np.bool_]:
        """At which places of a table one of these persons stands: about a second for a million keys."""
        if not self.digests:
            return np.zeros(len(table), np.bool_)
        found = (self._digest(key) in self.digests for key in table.spelled())
        return np.fromiter(found, np.bool_, len(table))

    def _digest(self, key: bytes | memoryview) -> str:
        secret = self.secret.encode()[: hashlib.blake2b.MAX_KEY_SIZE]
        return hashlib.blake2b(key, key=secret, digest_size=DIGEST_BYTES).hexdigest()
