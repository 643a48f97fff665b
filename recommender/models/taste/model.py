"""Bonds between items, and how long a choice tells of its person's taste."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

from recommender.errors import ArtifactError
from recommender.models.arrays import FloatArray, IntArray
from recommender.models.blocks import BLOCKS, Blocks
from recommender.models.neighbours import NeighbourModel
from recommender.models.taste.config import TasteConfig
from recommender.models.taste.sources import Sources

if TYPE_CHECKING:
    from recommender.models.cooccurrence import Baskets


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
    def fit(cls, baskets: "Baskets", config: TasteConfig, blocks: Blocks = BLOCKS) -> Self:
        """Find the bonds from what each basket's person chose; `config` has nothing open (see `choosing`)."""
        sources = Sources.fit(baskets, config, blocks=blocks)
        lists = sources.lists(config.shares[0], config.kept(baskets.items), blocks)
        return cls(NeighbourModel.from_parts(lists), config)

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
