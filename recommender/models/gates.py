"""Whom campaigns make their offers: what was learned for each that has a gate, and whether it has proved itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from pydantic import TypeAdapter

from recommender.experiments.gate import Decision, Gate
from recommender.models.uplift import UpliftModel


@dataclass(frozen=True)
class Standing:
    """What a gate decides by, beside its model."""

    offer: str
    """Digest of the offer that it has learned of."""
    features: tuple[str, ...]
    """What the model's columns are called."""
    margin: float
    """What a buyer's orders earn before the discount."""
    discount: float
    """What the offer takes off it."""
    on: bool
    """Whether its trial showed that it earns more than offers to all and to none."""
    visitors: int
    """Of the trial."""
    offered: float
    """Share of them whom it would make the offer."""
    over_never: tuple[float, float, float]
    """What it gained for each visitor over offering to nobody, and the interval of that."""
    over_always: tuple[float, float, float]
    """The same over offering to everybody."""


@dataclass(frozen=True, eq=False)
class OfferGate:
    """Of one campaign."""

    model: UpliftModel
    standing: Standing

    def decide(self, features: Mapping[str, float], *, outside: bool) -> Decision:
        """Whether a visitor is made the offer; what is not told of them is unknown."""
        line = np.array([[features.get(name, np.nan) for name in self.standing.features]], np.float32)
        without, offered = (float(one[0]) for one in self.model.chances(line))
        told = self.standing
        return Gate(told.on).decide(without, offered, told.margin, told.discount, outside=outside)


@dataclass(frozen=True, eq=False)
class Gates:
    """By campaign."""

    campaigns: Mapping[str, OfferGate]

    def of(self, campaign_id: str, offer: str) -> OfferGate | None:
        """The gate of a campaign; None where nothing was learned of just this offer."""
        found = self.campaigns.get(campaign_id)
        return found if found is not None and found.standing.offer == offer else None

    def save(self, folder: Path) -> None:
        """Write everything below `folder`."""
        folder.mkdir(parents=True, exist_ok=True)
        told = {id_: gate.standing for id_, gate in self.campaigns.items()}
        (folder / STANDINGS).write_bytes(TOLD.dump_json(told, indent=2))
        for id_, gate in self.campaigns.items():
            gate.model.save(folder / id_)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Open what :meth:`save` wrote."""
        told = TOLD.validate_json((folder / STANDINGS).read_bytes())
        return cls({id_: OfferGate(UpliftModel.load(folder / id_), standing) for id_, standing in told.items()})


STANDINGS = "gates.json"
TOLD = TypeAdapter(dict[str, Standing])
