"""What a demand comes to: memory, disk, processors, machines."""

from dataclasses import dataclass
from functools import cached_property
from math import ceil

from recommender.capacity.costs import Cost, Costs
from recommender.capacity.demand import Demand
from recommender.days import DAY
from recommender.engine.shelf import WORTH_KEEPING

GB = 1e9
PEAK = 4
"""How much more comes at the busiest time than on average."""
BUSY = 0.5
"""Share of its time that a worker may work: above, answers wait for each other."""
LOGGED = 0.1
"""Share of pages that are logged to be answered again (`VITRINE_REPLAY_SHARE`)."""
KEPT_DAYS = 30
"""Days of a visitor's state, and of a month."""
MOST_EVENTS = 500
"""Events of a visitor that the state keeps, the newest."""
MODELS_KEPT = 3
"""Models on the disk: the one in service, the one before, and the one that is written."""
IN_USE = 0.5
"""Share of mapped files that lie in memory while pages are answered: so it was with 100,000 items, all visitors new."""
READ_ITEMS, READ_IN_USE = 500, 0.1
"""Items up to which most files of a model are so short that they are read, and counted with the worker; and what share
of them lies in memory mapped all the same: so it was with 2,000 shops of 200 items, all of them called."""
SPARE = 1.3
"""Memory that a machine needs for each byte planned: the system, and a second model while models are switched."""


@dataclass(frozen=True)
class Plan:
    """What a demand comes to; bytes, seconds and counts.

    Args:
        demand: what is asked for.
        costs: what one of each costs.
    """

    demand: Demand
    costs: Costs

    @property
    def opened(self) -> float:
        """Memory of a worker for all shops, open."""
        return self.costs.shop.of(self.demand.shops) + self.item.of(self.demand.items)

    @property
    def item(self) -> Cost:
        """What an item takes in shops as large as the average."""
        large = self.demand.items >= WORTH_KEEPING * self.demand.shops
        return self.costs.item_kept if large else self.costs.item

    @property
    def worker(self) -> float:
        """Memory of a worker that has all shops open, mapped files left out."""
        return self.costs.worker.of() + self.opened

    @property
    def files(self) -> float:
        """Files of the models in service, which the workers of a machine share."""
        of_items = self.costs.files_shop.of(self.demand.shops) + self.costs.files_item.of(self.demand.items)
        return of_items + self.costs.files_event.of(self.demand.events)

    @property
    def mapped(self) -> float:
        """What of these files lies in the memory of a machine."""
        return self.files * (IN_USE if self.demand.items > READ_ITEMS * self.demand.shops else READ_IN_USE)

    @cached_property
    def cores(self) -> float:
        """Processors at work at the busiest time."""
        events = self.demand.events_per_day / DAY * PEAK
        return self.costs.page.of(self.demand.rps) + self.costs.event.of(events)

    @property
    def workers(self) -> int:
        """Processes that carry the busiest time."""
        return max(1, ceil(self.cores / BUSY))

    @property
    def room(self) -> float:
        """Memory of a machine that may be planned."""
        return self.demand.memory_gb * GB / SPARE

    @property
    def together(self) -> int:
        """Workers of one machine: one a core, or fewer where memory ends; 0: not even one fits."""
        fit = int((self.room - self.mapped) // self.worker)
        return max(0, min(self.demand.cores, self.workers, fit))

    @cached_property
    def parts(self) -> int:
        """Into how many the catalogue is divided, so that a machine holds one with a worker on each core."""
        if self.together:
            return 1
        bases = self.demand.cores * self.costs.worker.of()
        return ceil((self.demand.cores * self.opened + self.mapped) / max(self.room - bases, self.room / 10))

    @property
    def machines(self) -> int:
        """Machines that serve: as many as it takes, none to spare."""
        if self.together:
            return ceil(self.workers / self.together)
        return self.parts * ceil(self.workers / self.parts / self.demand.cores)

    @property
    def log_day(self) -> float:
        """What a day adds to the event log."""
        pages = self.demand.rps * DAY / PEAK
        return self.costs.log_event.of(self.demand.events_per_day) + self.costs.logged_page.of(pages * LOGGED)

    @property
    def disk(self) -> float:
        """Models and event log."""
        return MODELS_KEPT * self.files + self.log_day * self.demand.log_days

    @property
    def state(self) -> float:
        """Memory of Redis."""
        events = min(self.demand.events_per_day * KEPT_DAYS, self.demand.visitors * MOST_EVENTS)
        return self.costs.state_visitor.of(self.demand.visitors) + self.costs.state_event.of(events)

    @property
    def reads(self) -> float:
        """Round trips to Redis in a second at the busiest time: one a page, and one for ten events."""
        return self.demand.rps + self.demand.events_per_day / DAY * PEAK / 10

    @property
    def records(self) -> float:
        """The catalogue in PostgreSQL."""
        return self.costs.records_item.of(self.demand.items)

    @property
    def training(self) -> float:
        """Most memory of the trainings, one after the other: of a shop as large as the average."""
        per_item = self.costs.training_item.of(self.demand.items)
        return (
            self.costs.training.of() + (per_item + self.costs.training_event.of(self.demand.events)) / self.demand.shops
        )

    @property
    def training_seconds(self) -> float:
        """Processor time of training every shop once."""
        per_item = self.costs.training_time_item.of(self.demand.items)
        events = self.costs.training_time_event.of(self.demand.events)
        return self.costs.training_time.of(self.demand.shops) + per_item + events
