"""Taste: for each item the items that the same people choose, through direct bonds and through a filter of the graph.

Two views of one matrix X of people by items (1: chosen) are added up. The item-item family counts who chose both
items; the filter keeps of X^T X only its main directions V, each by s^2 / (s^2 + ridge), which also joins items that
nobody chose together. Without exponents and with all directions the filter is EASE (Steck 2019) in closed form, since
its (X^T X + ridge)^-1 is 1/ridge (1 - V f V^T); with both exponents at a half it is the ideal low-pass part of GF-CF
(Shen et al. 2021). Which of them suits a shop is decided by choices that its people made later.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import numpy as np
from pydantic import BaseModel, Field, NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt

from recommender.errors import ArtifactError
from recommender.models.arrays import FloatArray, IntArray
from recommender.models.decomposition import main_directions
from recommender.models.factors import FactorModel
from recommender.models.interactions import DAY, decay
from recommender.models.neighbours import NeighbourConfig, NeighbourModel
from recommender.models.strongest import strongest

if TYPE_CHECKING:
    from scipy.sparse import csr_array

    from recommender.models.cooccurrence import Baskets

LATER = 0.1
"""Share of the choices that judge what the others foretell."""
SCALED_BY = 1000
"""Items whose strongest bonds tell how large the bonds of a source are."""


class Filter(BaseModel, extra="forbid", frozen=True):
    """One way to filter the graph of people and items."""

    person_exponent: NonNegativeFloat
    """How strongly people who chose many items are discounted."""
    item_exponent: NonNegativeFloat
    """How strongly popular items are discounted while directions are sought; it is given back in the scores."""
    ridge: PositiveFloat
    """Strength, in mean squares of the singular values, below which a direction counts less than half."""


PLAIN = Filter(person_exponent=0, item_exponent=0, ridge=1)
NORMALISED = Filter(person_exponent=0.5, item_exponent=0.35, ridge=0.1)


class TasteConfig(BaseModel, extra="forbid", frozen=True):
    """Settings for :meth:`TasteModel.fit`; of several filters, shares and half-lives :func:`choose` takes the best."""

    filters: tuple[Filter, ...] = Field((PLAIN, NORMALISED), min_length=1)
    """Filters to choose from."""
    shares: tuple[NonNegativeFloat, ...] = Field((0.0, 0.3, 1.0, 3.0), min_length=1)
    """What direct bonds count beside the filter's: shares to choose from."""
    dimensions: PositiveInt = 512
    """Directions that a filter keeps."""
    max_cells: PositiveInt = 64_000_000
    """Items by directions at most: fewer directions of a large catalogue are kept, to bound memory."""
    people: NeighbourConfig = NeighbourConfig()
    """The direct bonds."""
    factor_shares: tuple[NonNegativeFloat, ...] = Field((0.7, 0.35, 0.0), min_length=1)
    """What the vectors of the factorisation count beside the bonds, both scaled to 1: to choose from."""
    half_lives_days: tuple[PositiveFloat, ...] = Field((90.0, 365.0, 10_000.0), min_length=1)
    """Ages at which a choice counts half for whoever made it: to choose from."""
    neighbours: PositiveInt = 200
    """Bonds that an item keeps of each source, and in all."""
    judges: PositiveInt = 2000
    """People whose later choices decide, at most."""
    min_judges: PositiveInt = 50
    """With fewer of them the first of everything is taken, and a share of direct bonds of 1 or the nearest to it."""
    seed: NonNegativeInt = 7
    """Of the directions and of who judges."""

    @property
    def open(self) -> bool:
        """Whether anything is left to be chosen."""
        return any(
            len(choices) > 1 for choices in (self.filters, self.shares, self.half_lives_days, self.factor_shares)
        )

    def settled(self, **choices: Any) -> "TasteConfig":
        """The same settings with these choices made."""
        return self.model_copy(update={name: (choice,) for name, choice in choices.items()})


@dataclass(frozen=True, eq=False)
class Filtered:
    """A filter fitted: the bond from item i to item j is `left[i]` times `right[j]`."""

    left: FloatArray
    right: FloatArray

    @classmethod
    def fit(cls, choices: "csr_array[Any]", config: TasteConfig) -> "Filtered":
        """Find the main directions of `choices`, people by items."""
        import scipy.sparse as sp

        way, items = config.filters[0], choices.shape[1]
        people = np.maximum(np.diff(choices.indptr), 1).astype(np.float64)
        degrees = np.maximum(np.bincount(choices.indices, minlength=items), 1).astype(np.float64)
        weighted = sp.csr_array(
            (
                np.repeat(people**-way.person_exponent, np.diff(choices.indptr))
                * degrees[choices.indices] ** -way.item_exponent,
                choices.indices,
                choices.indptr,
            ),
            shape=choices.shape,
        )
        size = max(1, min(config.dimensions, config.max_cells // max(items, 1)))
        directions = main_directions(weighted, size, config.seed).T
        strengths = ((weighted @ directions) ** 2).sum(axis=0)
        kept = strengths / (strengths + way.ridge * max(strengths.mean(), 1e-12))
        itself = (directions**2 * kept).sum(axis=1)
        scale = degrees**way.item_exponent
        left = directions * kept / scale[:, None]
        # EASE forbids an item to explain itself: what it explains of others grows by the part that was its own.
        right = directions * (scale / np.maximum(1 - itself, 0.05))[:, None]
        return cls(left.astype(np.float32), right.astype(np.float32))


class Sources(NamedTuple):
    """Both sources of bonds, and how strong theirs are."""

    filtered: Filtered
    filtered_scale: float
    direct: NeighbourModel
    direct_scale: float


@dataclass(frozen=True, eq=False)
class TasteModel:
    """Bonds between items, and how long a choice tells of its person's taste."""

    bonds: NeighbourModel
    """The strongest of each item; `support` counts the people who chose both, 0 where only the filter joins."""
    config: TasteConfig
    """With nothing left open."""

    def __len__(self) -> int:
        return len(self.bonds)

    @classmethod
    def fit(cls, baskets: "Baskets", config: TasteConfig) -> Self:
        """Find the bonds from what each basket's person chose; `config` has nothing open, see :func:`choose`."""
        sources = _sources(baskets, config)
        return cls(NeighbourModel.from_parts(_merged(sources, config)), config)

    @property
    def half_life_days(self) -> float:
        """Age at which a choice counts half for whoever made it."""
        return self.config.half_lives_days[0]

    @property
    def factor_share(self) -> float:
        """What the vectors of the factorisation count beside the bonds."""
        return self.config.factor_shares[0]

    def score(self, rows: IntArray, weights: FloatArray) -> FloatArray:
        """How much a person who chose `rows` with these weights is drawn to each item."""
        return self.bonds.score(rows, weights)

    def save(self, folder: Path) -> None:
        """Write the bonds below `folder`."""
        self.bonds.save(folder / "bonds")
        document = self.config.model_dump(mode="json")
        (folder / "taste.json").write_text(json.dumps(document, indent=2, sort_keys=True))

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Open what :meth:`save` wrote."""
        try:
            config = TasteConfig.model_validate_json((folder / "taste.json").read_text())
        except (OSError, ValueError) as error:
            raise ArtifactError(f"taste.json in {folder} cannot be read: {error}") from None
        return cls(NeighbourModel.load(folder / "bonds"), config)


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
    direct = NeighbourModel.fit(earlier, config.people)
    found: list[tuple[float, TasteConfig, Sources]] = []
    for filter_ in config.filters:
        sources = _sources(earlier, config.settled(filters=filter_), direct)
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


def _sources(baskets: "Baskets", config: TasteConfig, direct: NeighbourModel | None = None) -> Sources:
    filtered = Filtered.fit(chosen(baskets), config)
    direct = direct or NeighbourModel.fit(baskets, config.people)
    return Sources(filtered, _filter_scale(filtered), direct, _direct_scale(direct))


def chosen(baskets: "Baskets", values: Any = None) -> "csr_array[Any]":
    """People by items; 1, or one of `values`, where the person chose the item."""
    import scipy.sparse as sp

    values = np.ones(len(baskets.item_rows)) if values is None else values
    shape = (len(baskets.weights), baskets.items)
    return sp.csr_array((values.astype(np.float64), (baskets.basket_rows, baskets.item_rows)), shape=shape)


def _filter_scale(filtered: Filtered) -> float:
    """How strong an item's strongest bond is, on average."""
    known = np.flatnonzero(np.any(filtered.left, axis=1))
    if not len(known):
        return 1.0
    drawn = known[np.linspace(0, len(known) - 1, min(SCALED_BY, len(known))).astype(np.int64)]
    bonds = filtered.left[drawn] @ filtered.right.T
    bonds[np.arange(len(drawn)), drawn] = 0
    return max(float(bonds.max(axis=1).mean()), 1e-9)


def _direct_scale(direct: NeighbourModel) -> float:
    firsts = direct.indptr[:-1][np.diff(direct.indptr) > 0]
    return max(float(direct.scores[firsts].mean()), 1e-9) if len(firsts) else 1.0


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
    for begin in range(0, known.shape[0], 200):
        mine, theirs = known[begin : begin + 200], wanted[begin : begin + 200]
        first = (mine @ sources.filtered.left) @ sources.filtered.right.T / sources.filtered_scale
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
    from recommender import metrics

    size = min(20, scores.shape[1])
    best = np.argpartition(-scores, size - 1, axis=1)[:, :size]
    best = np.take_along_axis(best, np.argsort(-np.take_along_axis(scores, best, 1), axis=1, kind="stable"), 1)
    total = 0.0
    for row, ranked in enumerate(best.tolist()):
        relevant = set(wanted.indices[wanted.indptr[row] : wanted.indptr[row + 1]].tolist())
        if relevant:
            total += metrics.ndcg(metrics.hits(ranked, relevant, size), len(relevant))
    return total


def _bonds(direct: NeighbourModel, items: int) -> "csr_array[Any]":
    import scipy.sparse as sp

    return sp.csr_array((direct.scores.astype(np.float64), direct.rows, direct.indptr), shape=(items, items))


def _merged(sources: Sources, config: TasteConfig) -> Iterator[tuple[IntArray, IntArray, FloatArray, IntArray]]:
    """Lists of consecutive items, block by block: lengths, rows, scores, support."""
    filtered, direct, share = sources.filtered, sources.direct, config.shares[0]
    for begin, rows, scores in strongest(filtered.left, filtered.right, config.neighbours):
        items = len(rows)
        part = slice(direct.indptr[begin], direct.indptr[begin + items])
        lengths = np.diff(direct.indptr[begin : begin + items + 1])
        kept = (rows >= 0) & (scores > 0)
        owner = np.concatenate([np.nonzero(kept)[0], np.repeat(np.arange(items), lengths)])
        row = np.concatenate([rows[kept], direct.rows[part]])
        score = np.concatenate(
            [scores[kept] / sources.filtered_scale, share / sources.direct_scale * direct.scores[part]]
        )
        support = np.concatenate([np.zeros(int(kept.sum()), np.int64), direct.support[part]])
        yield _top(owner, row, score, support, items, config.neighbours)


def _top(
    owner: Any, row: Any, score: Any, support: Any, items: int, size: int
) -> tuple[IntArray, IntArray, FloatArray, IntArray]:
    """Add up what both sources say of each pair and keep the strongest, best first, ties by row."""
    order = np.lexsort((row, owner))
    owner, row, score, support = owner[order], row[order], score[order], support[order]
    first = np.ones(len(order), bool)
    first[1:] = (owner[1:] != owner[:-1]) | (row[1:] != row[:-1])
    starts = np.flatnonzero(first)
    score = np.add.reduceat(score, starts) if len(starts) else score
    support = np.maximum.reduceat(support, starts) if len(starts) else support
    owner, row = owner[starts], row[starts]
    order = np.lexsort((row, -score, owner))
    owner, row, score, support = owner[order], row[order], score[order], support[order]
    lengths = np.bincount(owner, minlength=items)
    place = np.arange(len(owner)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    kept = (place < size) & (score > 0)
    return (
        np.bincount(owner[kept], minlength=items).astype(np.int32),
        row[kept].astype(np.int32),
        score[kept].astype(np.float32),
        support[kept].astype(np.int32),
    )
