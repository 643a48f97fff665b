"""Weights that experiments have learned, the same for all processes."""

import json
from collections.abc import Sequence

from sqlalchemy import delete, insert, select

from recommender.experiments.learned import Epoch
from recommender.records.database import Database, lock
from recommender.records.tables import WEIGHTS

KEPT = 100
"""Epochs of each experiment; the log knows which weights each visitor was drawn by."""


class Weights:
    """Epochs of each shop's experiments."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, shop: str) -> dict[str, Sequence[Epoch]]:
        """The epochs of every experiment, the earliest first."""
        query = select(WEIGHTS).where(WEIGHTS.c.shop == shop).order_by(WEIGHTS.c.starts)
        found: dict[str, list[Epoch]] = {}
        with self._database.read() as connection:
            for row in connection.execute(query):
                found.setdefault(row.experiment, []).append(Epoch(row.starts, json.loads(row.weights)))
        return {name: tuple(epochs) for name, epochs in found.items()}

    def add(self, shop: str, experiment: str, epoch: Epoch) -> bool:
        """Keep an epoch that is to come; False: there is one already that starts then or later.

        Args:
            shop: whose.
            experiment: its id.
            epoch: when it starts, and its weights.
        """
        own = (WEIGHTS.c.shop == shop, WEIGHTS.c.experiment == experiment)
        with self._database.write() as connection:
            lock(connection, f"{shop}|weights|{experiment}")
            starts = [*connection.scalars(select(WEIGHTS.c.starts).where(*own).order_by(WEIGHTS.c.starts))]
            if starts and starts[-1] >= epoch.starts:
                return False
            row = {"starts": epoch.starts, "weights": json.dumps(dict(epoch.weights))}
            connection.execute(insert(WEIGHTS).values(shop=shop, experiment=experiment, **row))
            if len(starts) >= KEPT:
                connection.execute(delete(WEIGHTS).where(*own, WEIGHTS.c.starts <= starts[-KEPT]))
        return True
