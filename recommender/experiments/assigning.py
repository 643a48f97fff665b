"""What a visitor has: the shop's configuration with the variants that were drawn for them. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from recommender.configuration import Configuration
from recommender.experiments.experiment import CAMPAIGN, PLACEMENT, layer
from recommender.retention.campaign import Campaign


class Drawn(NamedTuple):
    """The variant that somebody has."""

    experiment: str
    """Its id."""
    variant: str
    propensity: float
    """Of this variant, for those who are in the experiment."""
    control: str
    """The variant that the others are measured against."""
    on_page: bool
    """Whether they enter with the page, and not only when a popup's trigger fires."""

    @property
    def layer(self) -> str:
        """What tokens and reports call the experiment."""
        return layer(self.experiment)

    def credited(self, shown: float) -> dict[str, Any]:
        """What an attribution token says of it, where the holdouts let things be shown with this probability."""
        propensity = round(self.propensity * shown, 9)
        return {"experiment": self.layer, "variant": self.variant, "propensity": propensity}


@dataclass(frozen=True, slots=True)
class Assigned:
    """The configuration as one visitor has it, and which variants it holds."""

    configuration: Configuration
    placements: Mapping[str, Drawn] = field(default_factory=dict)
    """By placement; those outside experiments are left out."""
    campaigns: Mapping[str, Drawn] = field(default_factory=dict)
    """By campaign."""


def assigned(configuration: Configuration, shop: str, visitor_id: str | None, now: datetime) -> Assigned:
    """The configuration as a visitor has it at a moment; always the same for one visitor while it stays the same.

    Args:
        configuration: the shop's.
        shop: the shop's name.
        visitor_id: the browser; None is outside experiments.
        now: the moment.
    """
    if visitor_id is None or not configuration.experiments:
        return Assigned(configuration)
    drawn: dict[str, dict[str, Drawn]] = {PLACEMENT: {}, CAMPAIGN: {}}
    changed: dict[str, dict[str, Any]] = {PLACEMENT: {}, CAMPAIGN: {}}
    for trial in configuration.trials:
        if not trial.runs(now) or (variant := trial.drawn(shop, visitor_id)) is None:
            continue
        told = Drawn(trial.experiment.id, variant, trial.chances[variant], trial.control, trial.on_page)
        kind, varied = trial.experiment.kind, trial.experiment.varied
        drawn[kind][varied] = told
        changed[kind][varied] = trial.things[variant]
    if not (drawn[PLACEMENT] or drawn[CAMPAIGN]):
        return Assigned(configuration)
    return Assigned(_changed(configuration, changed), drawn[PLACEMENT], drawn[CAMPAIGN])


def as_drawn(configuration: Configuration, variants: Mapping[str, str]) -> Configuration:
    """The configuration as somebody has it who drew these variants, by experiment; others change nothing."""
    changed: dict[str, dict[str, Any]] = {PLACEMENT: {}, CAMPAIGN: {}}
    for trial in configuration.trials:
        thing = trial.things.get(variants.get(trial.experiment.id, ""))
        if thing is not None:
            changed[trial.experiment.kind][trial.experiment.varied] = thing
    return _changed(configuration, changed) if any(changed.values()) else configuration


def _changed(configuration: Configuration, changed: Mapping[str, Mapping[str, Any]]) -> Configuration:
    """With other placements and campaigns, by kind and id."""
    return configuration.model_copy(
        update={
            "placements": tuple(changed[PLACEMENT].get(one.id, one) for one in configuration.placements),
            "campaigns": tuple(changed[CAMPAIGN].get(one.id, one) for one in configuration.campaigns),
        }
    )


def logged(drawn: Iterable[Drawn]) -> dict[str, Any]:
    """What a decision's event says of the experiments that a visitor is in; nothing outside experiments."""
    found = sorted(set(drawn))
    if not found:
        return {}
    return {
        "experiments": [[one.experiment, one.variant, round(one.propensity, 9)] for one in found],
        "controls": {one.experiment: one.control for one in found},
    }


def tried(configuration: Configuration, now: datetime | None = None) -> list[Campaign]:
    """Campaigns as somebody may have them by experiments: by those that run at a moment, or by all."""
    running = (one for one in configuration.trials if now is None or one.runs(now))
    return [thing for one in running for thing in one.things.values() if isinstance(thing, Campaign)]
