"""Both sources of bonds, and their sum."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import numpy as np

from recommender.models.blocks import BLOCKS, Blocks
from recommender.models.neighbours import NeighbourModel, Part
from recommender.models.strongest import strongest
from recommender.models.taste.config import TasteConfig
from recommender.models.taste.filtered import Filtered

if TYPE_CHECKING:
    from scipy.sparse import csr_array

    from recommender.models.cooccurrence import Baskets


class Sources(NamedTuple):
    """Both sources of bonds, and how strong theirs are."""

    filtered: Filtered
    filtered_scale: float
    direct: NeighbourModel
    direct_scale: float

    @classmethod
    def fit(
        cls,
        baskets: "Baskets",
        config: TasteConfig,
        direct: NeighbourModel | None = None,
        blocks: Blocks = BLOCKS,
    ) -> Self:
        """Fit both to what each basket's person chose; `direct` bonds that are known already are taken as they are."""
        filtered = Filtered.fit(chosen(baskets), config)
        direct = direct or NeighbourModel.fit(baskets, config.direct(baskets.items), blocks)
        return cls(filtered, filtered.strength(blocks), direct, _strength(direct))

    def lists(self, share: float, size: int, blocks: Blocks = BLOCKS) -> Iterator[Part]:
        """Lists of consecutive items, block by block: lengths, rows, scores, support.

        Args:
            share: what direct bonds count beside the filter's, both scaled to 1.
            size: the strongest to keep of each source, and in all.
            blocks: how much is held at once.
        """
        filtered, direct = self.filtered, self.direct
        for begin, rows, scores in strongest(filtered.left, filtered.right, size, blocks):
            items = len(rows)
            part = slice(direct.indptr[begin], direct.indptr[begin + items])
            lengths = np.diff(direct.indptr[begin : begin + items + 1])
            kept = (rows >= 0) & (scores > 0)
            owner = np.concatenate([np.nonzero(kept)[0], np.repeat(np.arange(items), lengths)])
            row = np.concatenate([rows[kept], direct.rows[part]])
            score = np.concatenate(
                [scores[kept] / self.filtered_scale, share / self.direct_scale * direct.scores[part]]
            )
            support = np.concatenate([np.zeros(int(kept.sum()), np.int64), direct.support[part]])
            yield _top(owner, row, score, support, items, size)


def chosen(baskets: "Baskets", values: Any = None) -> "csr_array[Any]":
    """People by items; 1, or one of `values`, where the person chose the item."""
    import scipy.sparse as sp

    values = np.ones(len(baskets.item_rows)) if values is None else values
    shape = (len(baskets.weights), baskets.items)
    return sp.csr_array((values.astype(np.float64), (baskets.basket_rows, baskets.item_rows)), shape=shape)


def _strength(direct: NeighbourModel) -> float:
    firsts = direct.indptr[:-1][np.diff(direct.indptr) > 0]
    return max(float(direct.scores[firsts].mean()), 1e-9) if len(firsts) else 1.0


def _top(owner: Any, row: Any, score: Any, support: Any, items: int, size: int) -> Part:
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
