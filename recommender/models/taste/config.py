"""Settings of taste, and what of them is left to be chosen."""

from typing import Any

from pydantic import BaseModel, Field, NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt

from recommender.models.neighbours import NeighbourConfig


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
    """Settings for the taste model; of several filters, shares and half-lives choosing takes the best."""

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
    """Bonds that an item keeps of each source, and in all, at most."""
    max_bonds: PositiveInt = 64_000_000
    """Bonds at most of all items together: of a large catalogue each keeps fewer, to bound memory."""
    judges: PositiveInt = 2000
    """People whose later choices decide, at most."""
    min_judges: PositiveInt = 50
    """With fewer of them the first of everything is taken, and a share of direct bonds of 1 or the nearest to it."""
    seed: NonNegativeInt = 7
    """Of the directions and of who judges."""

    def kept(self, items: int) -> int:
        """Bonds that each of so many items keeps."""
        return min(self.neighbours, self._affordable(items))

    def direct(self, items: int) -> NeighbourConfig:
        """How direct bonds of so many items are found: not more of them than memory is bounded to either."""
        return self.people.model_copy(update={"neighbours": min(self.people.neighbours, self._affordable(items))})

    def _affordable(self, items: int) -> int:
        return max(1, self.max_bonds // max(items, 1))

    @property
    def open(self) -> bool:
        """Whether anything is left to be chosen."""
        return any(
            len(choices) > 1 for choices in (self.filters, self.shares, self.half_lives_days, self.factor_shares)
        )

    def settled(self, **choices: Any) -> "TasteConfig":
        """The same settings with these choices made."""
        return self.model_copy(update={name: (choice,) for name, choice in choices.items()})
