"""What an installation has to carry, and on which machines."""

from dataclasses import dataclass, fields

from recommender.errors import InputError
from recommender.models.blocks import USUAL_GB
from recommender.training import EVENTS_A_GB

MOST = 10**13
"""Beyond any shop: a number that was mistyped."""


@dataclass(frozen=True)
class Demand:
    """What is asked for; numbers are of all shops together.

    Raises:
        InputError: a number is not allowed; the option is named.
    """

    items: int
    """Items of the catalogues."""
    visitors: int
    """Different visitors of 30 days."""
    events_per_day: int
    """Rows of the event log that a day brings."""
    rps: float
    """Pages a second at the busiest time."""
    shops: int = 1
    log_days: int = 365
    """Days of events that are kept."""
    cores: int = 8
    """Of one machine."""
    memory_gb: float = 32
    """Of one machine."""
    training_gb: float = USUAL_GB
    """Memory to which the training of a shop keeps (`training.memory_gb`): what is more is not learned from."""

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            least = 0 if field.name in {"visitors", "events_per_day", "rps"} else 1
            if not least <= value <= MOST:
                option = f"--{field.name.replace('_', '-')}"
                raise InputError(option, value, f"use {least} to {MOST:,}")
        if self.shops > self.items:
            raise InputError("--shops", self.shops, f"use at most one for each of the {self.items:,} items")

    @property
    def events(self) -> int:
        """Events of the log that are learned from."""
        most = self.shops * self.training_gb * EVENTS_A_GB
        return min(self.events_per_day * self.log_days, int(most))
