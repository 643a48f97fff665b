"""Compiling ahead: run once after installing, so that neither a server's start nor a visitor waits for the compiler.

python -m recommender.engine.warming
"""

from functools import cache

import numpy as np

from recommender.catalog.table import CatalogTable
from recommender.configuration import Configuration
from recommender.engine import visit
from recommender.engine.caps import Cap
from recommender.engine.choosing import full
from recommender.engine.engine import recommend
from recommender.engine.plain import prepare
from recommender.engine.question import Question
from recommender.engine.request import NOBODY, Interaction, Query, Visitor
from recommender.engine.rules import Policy
from recommender.engine.situation import Situation
from recommender.engine.snapshot import Snapshot
from recommender.models.intent.model import IntentModel
from recommender.models.models import Models
from recommender.models.nearest import NearestModel
from recommender.models.neighbours import NeighbourModel, Neighbours
from recommender.models.popularity import PopularityModel
from recommender.models.sessions import warming
from recommender.strategy import Strategy
from recommender.vocabulary import Vocabulary


@cache
def warm() -> None:
    """Ask a tiny shop for lists of every kind; a process does so once."""
    snapshot = _shop()
    for _ in range(2):  # without prepared lists, and with them
        recommend(snapshot, NOBODY, Query(Strategy.SIMILAR, ("a",), limit=1), snapshot.models.data_end)
        prepare(snapshot, lambda: True)
    for strategy in Strategy:
        for seeds in (("a",), ("a", "b"), ("d",)):
            query = Query(strategy, seeds, limit=2, new_items_share=0.5)
            recommend(snapshot, NOBODY, query, snapshot.models.data_end)
    _cap(snapshot)
    _foretell(snapshot)


def _cap(snapshot: Snapshot) -> None:
    """Ask whether an item would be one too many, as for places of new ones."""
    query = Query(Strategy.SIMILAR, ("a",), caps=(Cap("brand", 1),))
    question = Question(Situation(snapshot, NOBODY, snapshot.models.data_end), query, policy=Policy(caps=query.caps))
    assert question.bounds is not None
    full(question.bounds, 0, question.asked)


def _foretell(snapshot: Snapshot) -> None:
    """Look at a visit of one step, and ask a tree of one leaf what will come of it."""
    visitor, now = Visitor("v", session=(Interaction("a"),)), snapshot.models.data_end
    one, zero = np.ones(1), np.zeros(1)
    IntentModel(ONE_LEAF, zero, one, np.array([0.0, 1.0])).probabilities(visit.line(snapshot, visitor, now))


ONE_LEAF = "tree\n\nTree=0\nnum_leaves=1\nleaf_value=0\n\n"
"""In LightGBM's own format."""


def _shop() -> Snapshot:
    """Three items that go with one another, and one that is only like them."""
    items, none = Vocabulary("abcd"), Models.empty()
    everything = [np.array([place for place in range(3) if place != row], np.int32) for row in range(3)]
    lists = [Neighbours(rows, np.ones(2, np.float32), np.ones(2, np.int32)) for rows in everything]
    nothing = Neighbours(np.empty(0, np.int32), np.empty(0, np.float32), np.empty(0, np.int32))
    bonds = NeighbourModel.from_lists([*lists, nothing])
    near = NearestModel(np.array([[1], [0], [0], [0]], np.int32), np.full((4, 1), 60_000, np.uint16))
    zeros, counts = np.zeros(4, np.float32), np.zeros(4, np.int32)
    models = Models(
        items=items,
        popularity=PopularityModel(zeros, zeros, zeros, zeros, counts, counts),
        data_end=none.data_end,
        views=bonds,
        purchases=bonds,
        bought_together=bonds,
        completion=bonds,
        near_factors=near,
        near_content=near,
    )
    return Snapshot(models, CatalogTable.build(items), Configuration())


if __name__ == "__main__":
    warming.warm()
    warm()
