"""Items that the artifact does not know: described on the spot, and placed by their description."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from recommender.catalog.table import CatalogTable
from recommender.engine.filter import paid
from recommender.models.models import Models
from recommender.vocabulary import Rows

Scores = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Newer:
    """One row for each of the table's newer rows, in their order; without columns where nothing tells."""

    contents: Scores
    """Content vectors."""
    vectors: Scores
    """Where people's behaviour is expected to place them: beside `models.factors.vectors`."""
    popularity: Scores
    """See :class:`recommender.models.newcomers.Foretold`."""

    @classmethod
    def of(cls, models: Models, table: CatalogTable) -> Self:
        """Describe all newer rows."""
        return cls._described(models, table, table.newer_rows())

    def after(self, models: Models, earlier: CatalogTable, table: CatalogTable) -> Self:
        """The same for a table that succeeds `earlier`; only what changed is described anew."""
        first = len(models.items)
        written = table.written_since(earlier)
        fresh = written[written >= first]
        if not len(fresh):
            return self
        described = self._described(models, table, fresh)
        places, size = fresh - first, len(table) - first
        return type(self)(
            _changed(self.contents, size, places, described.contents),
            _changed(self.vectors, size, places, described.vectors),
            _changed(self.popularity, size, places, described.popularity),
        )

    @classmethod
    def _described(cls, models: Models, table: CatalogTable, rows: Rows) -> Self:
        content, newcomers = models.content, models.newcomers
        if content is None:
            return cls(_nothing(len(rows)), _nothing(len(rows)), np.zeros(len(rows), np.float32))
        contents = content.encode([table.card(int(row)) for row in rows])
        if newcomers is None:
            return cls(contents, _nothing(len(rows)), np.zeros(len(rows), np.float32))
        return cls(contents, *newcomers.foretell(contents, paid(table, rows).astype(np.float32)))


def _nothing(size: int) -> Scores:
    return np.zeros((size, 0), np.float32)


def _changed(before: Scores, size: int, places: Rows, values: Scores) -> Scores:
    grown = np.zeros((size, *values.shape[1:]), np.float32)
    grown[: len(before)] = before
    grown[places] = values
    return grown
