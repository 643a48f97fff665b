"""What a visitor has: the shop's configuration with the variants that were drawn for them. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from recommender.configuration import Configuration, Placement
from recommender.experiments.experiment import CAMPAIGN, PLACEMENT, layer
from recommender.experiments.interleaving import Pairing
from recommender.experiments.learned import NOTHING_LEARNED, Epoch, Learned, present
from recommender.experiments.trial import Trial
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
    epoch: str | None = None
    """The stretch of learned weights that it was drawn in; None: by the document's weights."""
    offers: bool = False
    """Whether a variant makes an offer: who is held out of offers is in no such experiment."""
    interleaved: bool = False
    """Whether both variants are shown in one list."""

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
    interleaved: Mapping[str, Pairing[Placement]] = field(default_factory=dict)
    """Placements that show the lists of two variants in one."""


def assigned(
    configuration: Configuration,
    shop: str,
    visitor_id: str | None,
    now: datetime,
    learned: Learned = NOTHING_LEARNED,
) -> Assigned:
    """The configuration as a visitor has it at a moment; always the same for one visitor while it stays the same.

    Args:
        configuration: the shop's.
        shop: the shop's name.
        visitor_id: the browser; None is outside experiments.
        now: the moment.
        learned: weights that experiments have learned.
    """
    if visitor_id is None or not configuration.experiments:
        return Assigned(configuration)
    drawn: dict[str, dict[str, Drawn]] = {PLACEMENT: {}, CAMPAIGN: {}}
    changed: dict[str, dict[str, Any]] = {PLACEMENT: {}, CAMPAIGN: {}}
    interleaved: dict[str, Pairing[Placement]] = {}
    for trial in configuration.trials:
        epoch = present(trial.experiment, learned, now)
        if not trial.runs(now) or (variant := trial.drawn(shop, visitor_id, epoch)) is None:
            continue
        told = _told(trial, variant, epoch)
        kind, varied = trial.experiment.kind, trial.experiment.varied
        drawn[kind][varied] = told
        if trial.experiment.interleave:
            interleaved[varied] = trial.pairing(shop, visitor_id)
        else:
            changed[kind][varied] = trial.things[variant]
    if not (drawn[PLACEMENT] or drawn[CAMPAIGN]):
        return Assigned(configuration)
    return Assigned(_changed(configuration, changed), drawn[PLACEMENT], drawn[CAMPAIGN], interleaved)


def as_drawn(configuration: Configuration, shop: str, visitor_id: str | None, variants: Mapping[str, str]) -> Assigned:
    """The configuration as a visitor had it who drew these variants, by experiment; others change nothing."""
    changed: dict[str, dict[str, Any]] = {PLACEMENT: {}, CAMPAIGN: {}}
    interleaved: dict[str, Pairing[Placement]] = {}
    for trial in configuration.trials:
        name, experiment = variants.get(trial.experiment.id), trial.experiment
        if experiment.interleave and name is not None and visitor_id is not None:
            interleaved[experiment.varied] = trial.pairing(shop, visitor_id)
        elif name is not None and name in trial.things:
            changed[experiment.kind][experiment.varied] = trial.things[name]
    if not (interleaved or any(changed.values())):
        return Assigned(configuration)
    return Assigned(_changed(configuration, changed), interleaved=interleaved)


def _changed(configuration: Configuration, changed: Mapping[str, Mapping[str, Any]]) -> Configuration:
    """With other placements and campaigns, by kind and id."""
    return configuration.model_copy(
        update={
            "placements": tuple(changed[PLACEMENT].get(one.id, one) for one in configuration.placements),
            "campaigns": tuple(changed[CAMPAIGN].get(one.id, one) for one in configuration.campaigns),
        }
    )


def _told(trial: Trial, variant: str, epoch: Epoch | None) -> Drawn:
    return Drawn(
        experiment=trial.experiment.id,
        variant=variant,
        propensity=1.0 if trial.experiment.interleave else (trial.chances if epoch is None else epoch.weights)[variant],
        control=trial.control,
        on_page=trial.on_page,
        epoch=None if epoch is None else epoch.name,
        offers=trial.offers,
        interleaved=trial.experiment.interleave,
    )


def logged(drawn: Iterable[Drawn]) -> dict[str, Any]:
    """What a decision's event says of the experiments that a visitor is in; nothing outside experiments.

    Who sees two lists in one is in no variant: the event says who brought which item instead.
    """
    compared = {one for one in drawn if not one.interleaved}
    found = sorted(compared, key=lambda one: one.experiment)
    if not found:
        return {}
    epochs = {one.experiment: one.epoch for one in found if one.epoch is not None}
    return {
        "experiments": [[one.experiment, one.variant, round(one.propensity, 9)] for one in found],
        "controls": {one.experiment: one.control for one in found},
        **({"epochs": epochs} if epochs else {}),
    }


def tried(configuration: Configuration, now: datetime | None = None) -> list[Campaign]:
    """Campaigns as somebody may have them by experiments: by those that run at a moment, or by all."""
    running = (one for one in configuration.trials if now is None or one.runs(now))
    return [thing for one in running for thing in one.things.values() if isinstance(thing, Campaign)]
