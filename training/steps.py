"""The heavy steps of training behind one seam; everything after them is small.

They read the log and return fitted values, so that another engine can take their place (`spark/`, over the same
Parquet; `engines.py` chooses) while the catalogue, evaluation, artifact and publishing stay as they are.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta, tzinfo
from typing import Any, Protocol, TypeAlias

import numpy as np
import polars as pl

from recommender.events import schema
from recommender.events.log import EventLog
from recommender.models.arrays import FloatArray, IntArray
from recommender.models.blocks import Blocks
from recommender.models.bought_together import fit_bought_together
from recommender.models.completion import fit_completion
from recommender.models.cooccurrence import Baskets
from recommender.models.customers import CustomerModel
from recommender.models.factors import FactorModel
from recommender.models.histories import HistoryModel
from recommender.models.intent.course import Lines
from recommender.models.interactions import Interactions
from recommender.models.neighbours import NeighbourModel
from recommender.models.popularity import PopularityModel
from recommender.models.replenishment import ReplenishmentModel
from recommender.models.sessions.fitting import fit_sessions
from recommender.models.sessions.model import SessionModel
from recommender.models.sessions.ranker import Rankers
from recommender.models.sessions.steps import Sessions
from recommender.models.taste import TasteConfig, TasteModel, choose
from recommender.training import TrainingConfiguration
from training.attributes import categories, prices
from training.cleaning import clean
from training.courses import courses
from training.customers import customers
from training.interactions import Material, Prepared, prepare
from training.latest import latest_days
from training.measuring.currencies import Currencies
from training.planning import Progress
from training.sampling import of_some
from training.sessions import sessionise

Log: TypeAlias = Any
"""The rows of the event log as an engine reads them, such as a lazy frame."""
Told: TypeAlias = Any
"""Cleaned interactions as an engine keeps them: see :class:`Material`."""


class HeavySteps(Protocol):
    """What grows with the log."""

    def follow(self, progress: Progress) -> None:
        """Tell `progress` from now on how much of the present step of training is done, as far as the engine knows."""

    def close(self) -> None:
        """Let go of what was kept between steps."""

    def scan(self, log: EventLog, before: datetime | None = None) -> Log:
        """The rows of a log, to be read by the other steps; `before` a moment only, if one is given."""

    def currencies(self, log: Log) -> Currencies:
        """Which money the orders of a log are in."""

    def prepare(
        self,
        log: Log,
        catalogue: Mapping[str, Mapping[str, Any]],
        *,
        configuration: TrainingConfiguration,
        now: datetime,
    ) -> Material:
        """Clean the log, tell people and sessions apart, and number everything."""

    def at_hand(self, prepared: Material, configuration: TrainingConfiguration) -> tuple[Prepared, "HeavySteps"]:
        """As much of a shop as is chosen and judged by, in memory, and who fits models to it.

        All of it where it has no more than `evaluation.whole_interactions`, in any case with all its items.
        """

    def popularity(
        self, interactions: Told, added_day: FloatArray, configuration: TrainingConfiguration
    ) -> PopularityModel:
        """Count what sells and what is rising; `added_day` says since when the catalogue has each item."""

    def replenishment(
        self, interactions: Told, categories: IntArray, configuration: TrainingConfiguration
    ) -> ReplenishmentModel | None:
        """Learn when each item is usually bought again; None where nobody bought anything twice."""

    def histories(
        self, profiles: Told, configuration: TrainingConfiguration, best_sellers: FloatArray
    ) -> HistoryModel | None:
        """Gather what each person did; None where there is nobody."""

    def customers(
        self, log: Log, costs: Mapping[str, float], configuration: TrainingConfiguration, now: datetime
    ) -> CustomerModel | None:
        """Tell from everybody's orders up to `now` what they are to the shop; `costs` of items by id, where known."""

    def courses(self, log: Log, prepared: Material, configuration: TrainingConfiguration, zone: tzinfo) -> Lines:
        """Tell what was known at each moment of each visit, and whether an order followed.

        Args:
            log: the event log.
            prepared: what it and the catalogue say of the items.
            configuration: how the log is cleaned.
            zone: of the shop's clock.
        """

    def session_neighbours(self, interactions: Told, configuration: TrainingConfiguration) -> NeighbourModel:
        """Count items of the same sessions together."""

    def purchase_neighbours(self, interactions: Told, configuration: TrainingConfiguration) -> NeighbourModel:
        """Count items that the same people bought together."""

    def bought_together(self, interactions: Told, configuration: TrainingConfiguration) -> NeighbourModel:
        """Count items of the same orders together."""

    def taste_config(self, interactions: Told, configuration: TrainingConfiguration) -> TasteConfig:
        """Choose what tells people's tastes best."""

    def taste(self, interactions: Told, config: TasteConfig, blocks: Blocks) -> TasteModel:
        """Find what people of the same taste choose."""

    def completion(
        self, interactions: Told, configuration: TrainingConfiguration, pairs: NeighbourModel
    ) -> NeighbourModel:
        """Weigh what each item of an order adds to the chances of the others; `pairs` says which may matter."""

    def factors(self, interactions: Told, configuration: TrainingConfiguration) -> FactorModel:
        """Factorise people by items."""

    def sessions(
        self, prepared: Material, configuration: TrainingConfiguration, rankers: Rankers
    ) -> SessionModel | None:
        """Learn what comes next in a session; None where there are too few.

        Args:
            prepared: the shop's log and catalogue.
            configuration: how to learn.
            rankers: learned before on the earlier part of this log; learned anew where there are none.
        """


class LocalSteps:
    """The steps on one machine, in memory."""

    def follow(self, progress: Progress) -> None:
        """Tell nothing: a step's calls are its progress."""

    def close(self) -> None:
        """Keep nothing."""

    def scan(self, log: EventLog, before: datetime | None = None) -> pl.LazyFrame:
        """See :meth:`HeavySteps.scan`."""
        return log.scan() if before is None else log.scan().filter(pl.col(schema.TIMESTAMP) < before)

    def currencies(self, log: pl.LazyFrame) -> Currencies:
        """See :meth:`HeavySteps.currencies`."""
        return Currencies.of(log)

    def at_hand(
        self,
        prepared: Material,
        configuration: TrainingConfiguration,  # noqa: ARG002 - everything is at hand, whatever it says
    ) -> tuple[Prepared, HeavySteps]:
        """See :meth:`HeavySteps.at_hand`."""
        assert isinstance(prepared, Prepared)
        return prepared, self

    def popularity(
        self, interactions: Interactions, added_day: FloatArray, configuration: TrainingConfiguration
    ) -> PopularityModel:
        """See :meth:`HeavySteps.popularity`."""
        return PopularityModel.fit(interactions, added_day, configuration.popularity)

    def replenishment(
        self, interactions: Interactions, categories: IntArray, configuration: TrainingConfiguration
    ) -> ReplenishmentModel | None:
        """See :meth:`HeavySteps.replenishment`."""
        return ReplenishmentModel.fit(interactions, categories, configuration.replenishment)

    def histories(
        self, profiles: Interactions, configuration: TrainingConfiguration, best_sellers: FloatArray
    ) -> HistoryModel | None:
        """See :meth:`HeavySteps.histories`."""
        return HistoryModel.fit(profiles, configuration.histories, best_sellers) if len(profiles) else None

    def prepare(
        self,
        log: pl.LazyFrame,
        catalogue: Mapping[str, Mapping[str, Any]],
        *,
        configuration: TrainingConfiguration,
        now: datetime,
    ) -> Prepared:
        """See :meth:`HeavySteps.prepare`."""
        log, earlier = latest_days(log, configuration.most_events)
        moment = pl.col(schema.TIMESTAMP)
        first, last = log.select(moment.min().alias("first"), moment.max().alias("last")).collect().row(0)
        cleaned = clean(log, configuration.cleaning)
        rows = sessionise(cleaned.rows, configuration.session_idle_minutes)
        if first is not None and configuration.cleaning.window_days is not None:
            first = max(first, last - timedelta(days=configuration.cleaning.window_days))
        left_out = cleaned.left_out | ({"earlier_rows": earlier} if earlier else {})
        bounds = (first, last) if first is not None else None
        return prepare(rows, catalogue, bounds=bounds, now=now, left_out=left_out)

    def customers(
        self, log: pl.LazyFrame, costs: Mapping[str, float], configuration: TrainingConfiguration, now: datetime
    ) -> CustomerModel | None:
        """See :meth:`HeavySteps.customers`."""
        return customers(log, costs, configuration.customers, now)

    def courses(
        self, log: pl.LazyFrame, prepared: Material, configuration: TrainingConfiguration, zone: tzinfo
    ) -> Lines:
        """See :meth:`HeavySteps.courses`."""
        log, _ = latest_days(log, configuration.most_events)
        documents = prepared.documents
        kinds, config = categories(documents), configuration.cleaning
        most = configuration.intent.max_rows
        return courses(
            log, prepared.items.ids, config, prices=prices(documents), categories=kinds, zone=zone, most=most
        )

    def session_neighbours(self, interactions: Interactions, configuration: TrainingConfiguration) -> NeighbourModel:
        """See :meth:`HeavySteps.session_neighbours`."""
        config, blocks = configuration.views, configuration.blocks
        browsing = interactions.where(~interactions.purchased)
        return NeighbourModel.fit(baskets(browsing, browsing.session_rows, config.half_life_days), config, blocks)

    def purchase_neighbours(self, interactions: Interactions, configuration: TrainingConfiguration) -> NeighbourModel:
        """See :meth:`HeavySteps.purchase_neighbours`."""
        config, blocks = configuration.purchases, configuration.blocks
        bought = interactions.where(interactions.purchased)
        return NeighbourModel.fit(baskets(bought, bought.person_rows, config.half_life_days), config, blocks)

    def bought_together(self, interactions: Interactions, configuration: TrainingConfiguration) -> NeighbourModel:
        """See :meth:`HeavySteps.bought_together`."""
        orders = _orders(interactions, configuration)
        return fit_bought_together(orders, configuration.bought_together, configuration.blocks)

    def completion(
        self, interactions: Interactions, configuration: TrainingConfiguration, pairs: NeighbourModel
    ) -> NeighbourModel:
        """See :meth:`HeavySteps.completion`."""
        return fit_completion(_orders(interactions, configuration), pairs, configuration.completion)

    def taste_config(self, interactions: Interactions, configuration: TrainingConfiguration) -> TasteConfig:
        """See :meth:`HeavySteps.taste_config`."""
        config = configuration.taste.model_copy(update={"seed": configuration.seed})

        def factorise(people: Baskets) -> FactorModel:
            return self.factors(_those_in(people, interactions), configuration)

        return choose(_people(interactions, config, first=True), config, factorise)

    def taste(self, interactions: Interactions, config: TasteConfig, blocks: Blocks) -> TasteModel:
        """See :meth:`HeavySteps.taste`."""
        return TasteModel.fit(_people(interactions, config), config, blocks)

    def factors(self, interactions: Interactions, configuration: TrainingConfiguration) -> FactorModel:
        """See :meth:`HeavySteps.factors`."""
        config = configuration.factors.model_copy(update={"seed": configuration.seed})
        known = of_some(interactions, config.max_interactions, config.seed)
        weights = known.decayed(config.half_life_days)
        return FactorModel.fit(known.person_rows, known.item_rows, weights, items=len(known.items), config=config)

    def sessions(
        self, prepared: Material, configuration: TrainingConfiguration, rankers: Rankers
    ) -> SessionModel | None:
        """See :meth:`HeavySteps.sessions`."""
        config = configuration.sessions.seeded(configuration.seed)
        found = Sessions.build(prepared.interactions)
        if len(found) < config.min_sessions:
            return None
        return fit_sessions(
            found,
            config,
            prices=prices(prepared.documents),
            categories=categories(prepared.documents),
            rankers=rankers if any(rankers) else None,
        )


def _people(interactions: Interactions, config: TasteConfig, *, first: bool = False) -> Baskets:
    """One basket a person, of their latest items, with the moments when they last, or first, chose each."""
    people = baskets(interactions, interactions.person_rows, config.people.half_life_days, first=first)
    return people.latest(config.people.max_basket)


def _orders(interactions: Interactions, configuration: TrainingConfiguration) -> Baskets:
    config = configuration.bought_together
    bought = interactions.where(interactions.purchased)
    return baskets(bought, bought.order_rows, config.half_life_days).latest(config.max_basket)


def _those_in(people: Baskets, interactions: Interactions) -> Interactions:
    """The interactions of which `people`, a basket for each known person of them, still tell."""
    known = interactions.where(interactions.person_rows >= 0)
    _, rows = np.unique(known.person_rows, return_inverse=True)
    told = people.basket_rows.astype(np.int64) * people.items + people.item_rows
    return known.where(np.isin(rows * people.items + known.item_rows, told))


def baskets(interactions: Interactions, basket_rows: Any, half_life_days: float, *, first: bool = False) -> Baskets:
    """Gather interactions into baskets that weigh less the older they are."""
    return Baskets.build(
        basket_rows,
        interactions.item_rows,
        interactions.timestamps,
        interactions.decayed(half_life_days),
        items=len(interactions.items),
        first=first,
    )
