"""Items similar to one item, for nobody in particular: the list that shops ask for most, in one compiled call.

It is the list that :class:`recommender.engine.filling.Filling` makes, byte by byte, as long as one source fills it and
rules only leave items out; tests hold it to that. Everything else is left to the longer way.
"""

from collections.abc import Callable
from datetime import datetime

import numpy as np

from recommender.engine.answer import Items, Recommendations
from recommender.engine.blending import NOTHING_TOLD
from recommender.engine.candidates import Reason
from recommender.engine.choosing import Flags
from recommender.engine.kin import BEGINNING, NO_BEGINNINGS, Beginnings, Nearest, begin, closest, picked
from recommender.engine.picks import scale_to
from recommender.engine.request import MAX_LIMIT, NOBODY, Query, Visitor
from recommender.engine.similar import PHRASES, told
from recommender.engine.situation import Situation
from recommender.engine.snapshot import Snapshot
from recommender.engine.wording import worded
from recommender.models.compiling import sealed
from recommender.strategy import Strategy

MOST_BEGUN = 150_000
"""Lists whose beginnings are kept: of a larger shop those of its best sellers; 33 MB."""
AT_ONCE = 256
"""Lists that are begun in one go."""


def plain(snapshot: Snapshot, visitor: Visitor, query: Query, now: datetime) -> Recommendations | None:
    """The list; None where it has to be made the longer way."""
    seed = _seed(snapshot, visitor, query)
    if seed is None:
        return None
    policy = snapshot.rulebook.policy(query, Situation(snapshot, visitor, now))
    if policy.pins or policy.weights or policy.caps:
        return None
    available = sealed(snapshot.narrowed(policy.allowed, None)) if policy.allowed else snapshot.columns[0]
    (rows, scores, found), highest = _nearest(snapshot, seed, available, query.limit)
    if len(rows) < query.limit:
        return None
    sources, title = found.tolist(), snapshot.table.title(seed)
    words = {source: worded(Reason(PHRASES[source], seed), lambda _: title, query.language) for source in set(sources)}
    items = Items(
        snapshot.table.documents(rows.tolist()),
        _scaled(scores.tolist(), scale_to(1.0, highest)),
        [words[source] for source in sources],
        [Strategy.SIMILAR.value] * len(sources),
    )
    return Recommendations(Strategy.SIMILAR, items)


def _nearest(snapshot: Snapshot, seed: int, available: Flags, limit: int) -> tuple[Nearest, float]:
    """From the beginning of the seed's list where that suffices; see :func:`recommender.engine.kin.closest`."""
    seeds, beginnings, alike = np.array([seed], np.int32), snapshot.kin.beginnings, snapshot.bonds.alike
    bounds, more = (available, snapshot.columns[1], limit), told(snapshot, seeds)
    if more is NOTHING_TOLD and (begun := beginnings.of(seed)) is not None:
        found = picked(*begun, seeds, *bounds)
    else:
        found = closest(seeds, alike, more, beginnings, *bounds)
    if len(found[0][0]) < limit and beginnings is not NO_BEGINNINGS:
        found = closest(seeds, alike, more, NO_BEGINNINGS, *bounds)
    return found


def prepare(snapshot: Snapshot, wanted: Callable[[], bool], length: int = BEGINNING) -> None:
    """Begin the lists of the items that the models know, unless that was done; for idle time.

    Args:
        snapshot: the shop; keeps them as long as nothing changes that they depend on.
        wanted: whether to go on.
        length: how much is kept of a list.
    """
    models, kin = snapshot.models, snapshot.kin
    if models.near_factors is None or models.near_content is None or kin.beginnings is not NO_BEGINNINGS:
        return
    size = min(len(models.items), len(models.near_factors), len(models.near_content))
    order = snapshot.by_popularity
    order = order[order < size][:MOST_BEGUN]
    found, alike = Beginnings.empty(len(models.items), len(order), length), snapshot.bonds.alike
    for start in range(0, len(order), AT_ONCE):
        if not wanted():
            return
        begin(order, start, min(start + AT_ONCE, len(order)), alike, NOTHING_TOLD, found)
    kin.beginnings = Beginnings(*(sealed(part) for part in found))


def _seed(snapshot: Snapshot, visitor: Visitor, query: Query) -> int | None:
    """The row of the one item that such a list is about; None for other lists."""
    if visitor is not NOBODY or query.strategy != Strategy.SIMILAR or len(query.item_ids) != 1:
        return None
    shaped = query.filter is not None or query.category is not None or query.diversity or query.new_items_share
    if shaped or query.caps or query.exclude or query.explain or not 1 <= query.limit <= MAX_LIMIT:
        return None
    return snapshot.table.row(query.item_ids[0])


def _scaled(scores: list[float], scale: float) -> list[float]:
    return [round(score * scale, 6) if score > 0 else 0.0 for score in scores]
