"""Which taste suits a shop: the one that foretells best what its people chose later."""

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from recommender import metrics
from recommender.days import DAY
from recommender.models.arrays import FloatArray, IntArray
from recommender.models.blocks import BLOCKS
from recommender.models.compiling import compiled
from recommender.models.factors import FactorModel
from recommender.models.interactions import decay
from recommender.models.neighbours import NeighbourModel
from recommender.models.taste.config import TasteConfig
from recommender.models.taste.sources import Sources, chosen

if TYPE_CHECKING:
    from scipy.sparse import csr_array

    from recommender.models.cooccurrence import Baskets

JUDGED_AT_ONCE = 200
"""People whose lists are made in one go, in a catalogue that is not too large for it."""
LATER = 0.1
"""Share of the choices that judge what the others foretell."""


Doubles = NDArray[np.float64]
Factorise = Callable[["Baskets"], FactorModel]


def choose(baskets: "Baskets", config: TasteConfig, factorise: Factorise) -> TasteConfig:
    """The settings under which earlier choices foretell people's later ones best (NDCG@20), with nothing left open.

    One after the other: filter and share, with choices of any age alike; how fast choices grow old; and whether a
    factorisation adds anything.

    Args:
        baskets: one for each person, with the moments of first choices.
        config: what there is to choose from.
        factorise: fits the vectors to the earlier choices.
    """
    if not config.open:
        return config
    earlier, later = _parted(baskets, config)
    judges = _judges(earlier, later, config)
    if len(judges) < config.min_judges:
        return _usual(config)
    known, wanted = chosen(earlier)[judges], chosen(later)[judges]
    config, sources = _filtered_best(earlier, known, wanted, config)
    ages, share = _aged(earlier)[judges], config.shares
    worth = [_gains(sources, _faded(known, ages, days), wanted, share)[0] for days in config.half_lives_days]
    config = config.settled(half_lives_days=config.half_lives_days[int(np.argmax(worth))])
    if len(config.factor_shares) == 1:
        return config
    known = _faded(known, ages, config.half_lives_days[0])
    worth = _gains(sources, known, wanted, config.factor_shares, factorise(earlier), share[0])
    return config.settled(factor_shares=config.factor_shares[int(np.argmax(worth))])


def _usual(config: TasteConfig) -> TasteConfig:
    return config.settled(
        filters=config.filters[0],
        shares=min(config.shares, key=lambda share: abs(share - 1)),
        half_lives_days=config.half_lives_days[0],
        factor_shares=config.factor_shares[0],
    )


def _filtered_best(
    earlier: "Baskets", known: "csr_array[Any]", wanted: "csr_array[Any]", config: TasteConfig
) -> tuple[TasteConfig, Sources]:
    """The best filter with its best share of direct bonds."""
    direct = NeighbourModel.fit(earlier, config.direct(earlier.items))
    found: list[tuple[float, TasteConfig, Sources]] = []
    for filter_ in config.filters:
        sources = Sources.fit(earlier, config.settled(filters=filter_), direct)
        gains = _gains(sources, known, wanted, config.shares)
        best = int(np.argmax(gains))
        found.append((gains[best], config.settled(filters=filter_, shares=config.shares[best]), sources))
    _, settled, sources = max(found, key=lambda option: option[0])
    return settled, sources


def _aged(baskets: "Baskets") -> "csr_array[Any]":
    """People by items: days from the choice to the latest of all, and one more, so that none is 0."""
    ages = (baskets.moments.max(initial=0) - baskets.moments) / DAY + 1
    return chosen(baskets, ages)


def _faded(known: "csr_array[Any]", ages: "csr_array[Any]", half_life_days: float) -> "csr_array[Any]":
    faded = known.copy()
    faded.data = decay((ages.data - 1).astype(np.float32), half_life_days).astype(np.float64)
    return faded


def _parted(baskets: "Baskets", config: TasteConfig) -> tuple["Baskets", "Baskets"]:
    """What was chosen in the time of the last tenth of all choices, and what before.

    Where moments tell too little, as when a log was written at once, each person's own latest tenth.
    """
    cut = np.quantile(baskets.moments, 1 - LATER) if len(baskets.moments) else 0
    late = baskets.moments > cut
    earlier, later = _those(baskets, ~late), _those(baskets, late)
    if len(_judges(earlier, later, config)) >= config.min_judges:
        return earlier, later
    sizes = baskets.sizes()
    order = np.lexsort((baskets.item_rows, baskets.moments, baskets.basket_rows))
    place = np.arange(len(order)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    late[order] = place >= np.repeat(sizes - np.maximum(sizes * LATER, 1).astype(np.int64), sizes)
    return _those(baskets, ~late), _those(baskets, late)


def _those(baskets: "Baskets", mask: Any) -> "Baskets":
    return replace(
        baskets,
        basket_rows=baskets.basket_rows[mask],
        item_rows=baskets.item_rows[mask],
        moments=baskets.moments[mask],
    )


def _judges(earlier: "Baskets", later: "Baskets", config: TasteConfig) -> IntArray:
    """People who chose before and after."""
    able = np.intersect1d(earlier.basket_rows, later.basket_rows)
    if len(able) <= config.judges:
        return able
    return np.sort(np.random.default_rng(config.seed).choice(able, config.judges, replace=False))


def _gains(
    sources: Sources,
    known: "csr_array[Any]",
    wanted: "csr_array[Any]",
    shares: tuple[float, ...],
    factors: FactorModel | None = None,
    share: float = 0.0,
) -> list[float]:
    """Mean NDCG@20 of the wanted items among those that are not known, for each of `shares`.

    They are shares of the direct bonds beside the filter's; with `factors` those of its vectors beside both sources,
    of which the direct one then counts `share`.
    """
    bonds = _bonds(sources.direct, known.shape[1])
    sums = np.zeros(len(shares))
    height = max(1, min(JUDGED_AT_ONCE, BLOCKS.products // max(known.shape[1], 1)))
    for begin in range(0, known.shape[0], height):
        mine, theirs = known[begin : begin + height], wanted[begin : begin + height]
        drawn_to = np.asarray(mine @ sources.filtered.left, np.float32)  # no wider copy of all items' vectors
        first = drawn_to @ sources.filtered.right.T / sources.filtered_scale
        second = (mine @ bonds).toarray() / sources.direct_scale
        if factors is not None:
            first, second = _scaled(first + share * second), _scaled(_folded(factors, mine))
        for place, part in enumerate(shares):
            scores = first + part * second
            scores[mine.nonzero()] = -np.inf
            sums[place] += _gain(scores, theirs)
    return [float(total) / max(int((np.diff(wanted.indptr) > 0).sum()), 1) for total in sums]


def _folded(factors: FactorModel, mine: "csr_array[Any]") -> FloatArray:
    parts = [slice(begin, end) for begin, end in pairwise(mine.indptr)]
    people = [factors.fold_in(mine.indices[part], mine.data[part].astype(np.float32)) for part in parts]
    scores: FloatArray = np.stack(people) @ factors.vectors.T
    return scores


def _scaled(scores: Any) -> Any:
    positive = np.maximum(scores, 0)
    return positive / np.maximum(positive.max(axis=1, keepdims=True), 1e-12)


def _gain(scores: Any, wanted: "csr_array[Any]") -> float:
    size = min(20, scores.shape[1])
    total = 0.0
    for row, ranked in enumerate(highest(np.ascontiguousarray(scores, np.float64), size).tolist()):
        relevant = set(wanted.indices[wanted.indptr[row] : wanted.indptr[row + 1]].tolist())
        if relevant:
            total += metrics.ndcg(metrics.hits(ranked, relevant, size), len(relevant))
    return total


@compiled
def highest(scores: Doubles, size: int) -> IntArray:
    """Columns of the `size` highest scores of each row, the highest first, ties by column; one pass over the scores."""
    found = np.zeros((len(scores), size), np.int32)
    values = np.empty(size, np.float64)
    for row in range(len(scores)):
        count = 0
        for column in range(scores.shape[1]):
            score = scores[row, column]
            if count == size and score <= values[size - 1]:
                continue
            place = min(count, size - 1)
            while place > 0 and values[place - 1] < score:
                values[place], found[row, place] = values[place - 1], found[row, place - 1]
                place -= 1
            values[place], found[row, place] = score, column
            count = min(count + 1, size)
    return found


def _bonds(direct: NeighbourModel, items: int) -> "csr_array[Any]":
    import scipy.sparse as sp

    return sp.csr_array((direct.scores.astype(np.float64), direct.rows, direct.indptr), shape=(items, items))
