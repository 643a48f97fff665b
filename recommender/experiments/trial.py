"""Experiments made ready: every variant built and checked, and who is in which of them, drawn by hash."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ValidationError

from recommender.assignment import BUCKETS, draw, variant
from recommender.experiments.experiment import CAMPAIGN, INTERLEAVED, PLACEMENT, Experiment
from recommender.experiments.interleaving import Pairing
from recommender.experiments.learned import Epoch
from recommender.refusals import mistake, refusal
from recommender.retention import codes
from recommender.retention.campaign import Campaign
from recommender.retention.offers import Offer

FIXED = {PLACEMENT: ("id", "page_types"), CAMPAIGN: ("id", "where", "holdout")}
"""What no variant may change: it says who meets the thing at all, and variants must be met by the same visitors."""
LEAST = 1e-9
"""Shares are added up no more exactly than this."""


@dataclass(frozen=True)
class Trial:
    """One experiment."""

    experiment: Experiment
    things: Mapping[str, Any]
    """The placement or campaign by variant."""
    chances: Mapping[str, float]
    """The probability of each variant, for those who are in it, while nothing is learned."""
    begins: float
    """Its slice of the visitors ..."""
    ends: float
    """... ends before this."""
    on_page: bool
    """Whether visitors enter with the page, and not only when a popup's trigger fires: variants that open at different
    moments or for different visitors must be compared over everybody who could have met any of them."""

    @property
    def offers(self) -> bool:
        """Whether a variant makes an offer."""
        return any(isinstance(one, Campaign) and one.offer is not None for one in self.things.values())

    @property
    def control(self) -> str:
        """The first variant."""
        return self.experiment.variants[0].name

    def drawn(self, shop: str, visitor_id: str, epoch: Epoch | None = None) -> str | None:
        """The visitor's variant; None outside the experiment.

        Args:
            shop: the shop's name.
            visitor_id: the browser.
            epoch: whose weights hold; None: the document's do.
        """
        if not self.begins <= draw(shop, visitor_id, self.experiment.entrance) < self.ends:
            return None
        layer = f"{self.experiment.layer}:variant"
        if self.experiment.interleave:
            return INTERLEAVED
        if epoch is None:
            return variant(shop, visitor_id, layer, self.experiment.weights)
        # Each epoch draws anew: what a visitor met before says nothing of what they meet now.
        weights = {name: epoch.weights[name] for name in self.experiment.weights}
        return variant(shop, visitor_id, f"{layer}:{epoch.name}", weights)

    def pairing(self, shop: str, visitor_id: str) -> Pairing[Any]:
        """Both variants, for somebody who sees their lists in one; the coin is always the same for one visitor."""
        seed = int(draw(shop, visitor_id, f"{self.experiment.layer}:coin") * BUCKETS)
        first, second = self.things.items()
        return Pairing(self.experiment.id, (first[0], second[0]), (first[1], second[1]), seed)

    def runs(self, now: datetime) -> bool:
        """Whether it runs at a moment."""
        return self.experiment.runs(now)


def trials(
    experiments: Sequence[Experiment], placements: Mapping[str, BaseModel], campaigns: Mapping[str, BaseModel]
) -> tuple[Trial, ...]:
    """Experiments over what a configuration has, by id.

    Raises:
        PydanticCustomError: one of them cannot be; it is named by its path in the configuration.
    """
    _apart(experiments)
    known = {PLACEMENT: placements, CAMPAIGN: campaigns}
    slices = _slices(experiments)
    return tuple(
        _trial(experiment, known[experiment.kind], slices[place], f"experiments[{place}]")
        for place, experiment in enumerate(experiments)
    )


def _trial(experiment: Experiment, known: Mapping[str, BaseModel], slice_: tuple[float, float], path: str) -> Trial:
    kind, varied = experiment.kind, known.get(experiment.varied)
    if varied is None:
        there = ", ".join(sorted(known)) or "none at all"
        raise refusal(f"{path}.{kind}", experiment.varied, f"no {kind} is called so; there are {there}")
    things = {
        one.name: _changed(varied, one.changes, FIXED[kind], f"{path}.variants[{place}].changes")
        for place, one in enumerate(experiment.variants)
    }
    _promised(list(things.values()), path)
    _gated(list(things.values()), path)
    return Trial(
        experiment,
        things=things,
        chances=experiment.chances,
        begins=slice_[0],
        ends=slice_[1],
        on_page=not _in_words(list(things.values())),
    )


def _changed(thing: BaseModel, changes: Mapping[str, Any] | None, fixed: Sequence[str], path: str) -> BaseModel:
    """The thing with some members replaced."""
    if not changes:
        return thing
    model = type(thing)
    members = [name for name in model.model_fields if name not in fixed]
    for name, value in changes.items():
        if name not in members:
            raise refusal(f"{path}.{name}", value, "use " + ", ".join(members))
    try:
        return model.model_validate({name: getattr(thing, name) for name in model.model_fields} | dict(changes))
    except ValidationError as error:
        where, value, allowed = mistake(error, model)
        raise refusal(f"{path}.{where}" if where else path, value, allowed) from None


def _in_words(things: Sequence[BaseModel]) -> bool:
    """Whether campaigns differ only in what they say, and not in what may decide whether they open."""
    first, *others = things
    if not isinstance(first, Campaign):
        return False
    return all(
        isinstance(one, Campaign)
        and one.content.products == first.content.products
        and one.model_copy(update={"content": first.content}) == first
        for one in others
    )


def _promised(things: Sequence[BaseModel], path: str) -> None:
    """Let no shared code stand for two offers: the checkout could not tell which of them was promised."""
    promised: dict[str, Offer] = {}
    for place, thing in enumerate(things):
        offer = thing.offer if isinstance(thing, Campaign) else None
        code = None if offer is None or offer.code is None else offer.code.shared
        if offer is not None and code is not None and promised.setdefault(codes.key(code), offer) != offer:
            where = f"{path}.variants[{place}].changes.offer.code.shared"
            raise refusal(where, code, "another variant promises something else with it; give each its own code")


def _gated(things: Sequence[BaseModel], path: str) -> None:
    """Let no gate decide about two offers: it has learned of one."""
    campaigns = [thing for thing in things if isinstance(thing, Campaign)]
    for place, one in enumerate(campaigns):
        if any(other.gate for other in campaigns) and one.offer != campaigns[0].offer:
            where = f"{path}.variants[{place}].changes.offer"
            raise refusal(where, "another offer", "the campaign's gate decides about one offer; switch the gate off")


def _apart(experiments: Sequence[Experiment]) -> None:
    """Let no two experiments vary one thing for one visitor."""
    for place, one in enumerate(experiments):
        for earlier, other in enumerate(experiments[:place]):
            same = (one.kind, one.varied) == (other.kind, other.varied)
            if same and one.meets(other) and (one.group is None or one.group != other.group):
                allowed = f"experiments[{earlier}] varies it at the same time; give both one group, or other times"
                raise refusal(f"experiments[{place}].{one.kind}", one.varied, allowed)


def _slices(experiments: Sequence[Experiment]) -> list[tuple[float, float]]:
    """What each experiment takes of [0, 1): within a group one after the other, whether they run or not."""
    taken: dict[str, float] = {}
    found = []
    for place, one in enumerate(experiments):
        begins = taken.get(one.entrance, 0.0)
        ends = taken[one.entrance] = begins + one.share
        if ends > 1 + LEAST:
            allowed = f"the group {one.group} has {max(1 - begins, 0.0):.6g} left; its shares come to 1 at most"
            raise refusal(f"experiments[{place}].share", one.share, allowed)
        found.append((begins, 1.0 if ends > 1 - LEAST else ends))
    return found
