"""Training steps that are not done again while their settings stay the same."""

from collections.abc import Callable, Mapping
from datetime import datetime, tzinfo
from typing import Any, TypeVar

from recommender.events.log import EventLog
from recommender.models.arrays import FloatArray, IntArray
from recommender.models.blocks import Blocks
from recommender.models.content import ContentModel
from recommender.models.customers import CustomerModel
from recommender.models.factors import FactorModel
from recommender.models.histories import HistoryModel
from recommender.models.intent.course import Lines
from recommender.models.neighbours import NeighbourModel
from recommender.models.popularity import PopularityModel
from recommender.models.replenishment import ReplenishmentModel
from recommender.models.sessions.model import SessionModel
from recommender.models.sessions.ranker import Rankers
from recommender.models.taste import TasteConfig, TasteModel
from recommender.training import TrainingConfiguration
from training.fitting import fit_content
from training.interactions import Material, Prepared
from training.measuring.currencies import Currencies
from training.planning import Progress
from training.steps import HeavySteps, Log, Told

Fitted = TypeVar("Fitted")


class RememberingSteps:
    """Another's steps for one log that is learned from again and again; each keeps its latest result.

    Args:
        steps: who does the work.
        sessions: whether session models are wanted at all; they take the longest.
    """

    def __init__(self, steps: HeavySteps, *, sessions: bool) -> None:
        self._steps = steps
        self._sessions = sessions
        self._latest: dict[str, tuple[object, Any]] = {}

    def follow(self, progress: Progress) -> None:
        """See :meth:`HeavySteps.follow`."""
        self._steps.follow(progress)

    def close(self) -> None:
        """See :meth:`HeavySteps.close`; everything that was remembered is forgotten."""
        self._latest.clear()
        self._steps.close()

    def scan(self, log: EventLog, before: datetime | None = None) -> Log:
        """See :meth:`HeavySteps.scan`."""
        return self._steps.scan(log, before)

    def currencies(self, log: Log) -> Currencies:
        """See :meth:`HeavySteps.currencies`."""
        return self._steps.currencies(log)

    def at_hand(self, prepared: Material, configuration: TrainingConfiguration) -> tuple[Prepared, HeavySteps]:
        """See :meth:`HeavySteps.at_hand`."""
        return self._steps.at_hand(prepared, configuration)

    def popularity(
        self, interactions: Told, added_day: FloatArray, configuration: TrainingConfiguration
    ) -> PopularityModel:
        """See :meth:`HeavySteps.popularity`; quick enough to be done again."""
        return self._steps.popularity(interactions, added_day, configuration)

    def replenishment(
        self, interactions: Told, categories: IntArray, configuration: TrainingConfiguration
    ) -> ReplenishmentModel | None:
        """See :meth:`HeavySteps.replenishment`; quick enough to be done again."""
        return self._steps.replenishment(interactions, categories, configuration)

    def histories(
        self, profiles: Told, configuration: TrainingConfiguration, best_sellers: FloatArray
    ) -> HistoryModel | None:
        """See :meth:`HeavySteps.histories`; quick enough to be done again."""
        return self._steps.histories(profiles, configuration, best_sellers)

    def prepare(
        self,
        log: Log,
        catalogue: Mapping[str, Mapping[str, Any]],
        *,
        configuration: TrainingConfiguration,
        now: datetime,
    ) -> Material:
        """See :meth:`HeavySteps.prepare`; what was remembered of another log is forgotten."""
        self._latest.clear()
        return self._steps.prepare(log, catalogue, configuration=configuration, now=now)

    def customers(
        self, log: Log, costs: Mapping[str, float], configuration: TrainingConfiguration, now: datetime
    ) -> CustomerModel | None:
        """See :meth:`HeavySteps.customers`."""
        return self._steps.customers(log, costs, configuration, now)

    def courses(self, log: Log, prepared: Material, configuration: TrainingConfiguration, zone: tzinfo) -> Lines:
        """See :meth:`HeavySteps.courses`."""
        return self._steps.courses(log, prepared, configuration, zone)

    def session_neighbours(self, interactions: Told, configuration: TrainingConfiguration) -> NeighbourModel:
        """See :meth:`HeavySteps.session_neighbours`."""
        settings = configuration.views
        return self._kept("views", settings, lambda: self._steps.session_neighbours(interactions, configuration))

    def purchase_neighbours(self, interactions: Told, configuration: TrainingConfiguration) -> NeighbourModel:
        """See :meth:`HeavySteps.purchase_neighbours`."""
        settings = configuration.purchases
        return self._kept("purchases", settings, lambda: self._steps.purchase_neighbours(interactions, configuration))

    def bought_together(self, interactions: Told, configuration: TrainingConfiguration) -> NeighbourModel:
        """See :meth:`HeavySteps.bought_together`."""
        settings = configuration.bought_together
        return self._kept("orders", settings, lambda: self._steps.bought_together(interactions, configuration))

    def completion(
        self, interactions: Told, configuration: TrainingConfiguration, pairs: NeighbourModel
    ) -> NeighbourModel:
        """See :meth:`HeavySteps.completion`."""
        settings = (configuration.bought_together, configuration.completion)
        return self._kept("completion", settings, lambda: self._steps.completion(interactions, configuration, pairs))

    def taste_config(self, interactions: Told, configuration: TrainingConfiguration) -> TasteConfig:
        """See :meth:`HeavySteps.taste_config`."""
        settings = (configuration.taste, configuration.factors, configuration.seed)
        return self._kept("choice", settings, lambda: self._steps.taste_config(interactions, configuration))

    def taste(self, interactions: Told, config: TasteConfig, blocks: Blocks) -> TasteModel:
        """See :meth:`HeavySteps.taste`."""
        return self._kept("taste", config, lambda: self._steps.taste(interactions, config, blocks))

    def factors(self, interactions: Told, configuration: TrainingConfiguration) -> FactorModel:
        """See :meth:`HeavySteps.factors`."""
        settings = (configuration.factors, configuration.seed)
        return self._kept("factors", settings, lambda: self._steps.factors(interactions, configuration))

    def sessions(
        self, prepared: Material, configuration: TrainingConfiguration, rankers: Rankers
    ) -> SessionModel | None:
        """See :meth:`HeavySteps.sessions`."""
        if not self._sessions:
            return None
        settings = (configuration.sessions, configuration.seed)
        return self._kept("sessions", settings, lambda: self._steps.sessions(prepared, configuration, rankers))

    def content(self, prepared: Material, configuration: TrainingConfiguration) -> ContentModel | None:
        """See :func:`fit_content`."""
        settings = (configuration.content, configuration.seed)
        return self._kept("content", settings, lambda: fit_content(prepared, configuration))

    def _kept(self, step: str, settings: object, fit: Callable[[], Fitted]) -> Fitted:
        if step not in self._latest or self._latest[step][0] != settings:
            self._latest.pop(step, None)  # two at once need not fit into memory
            self._latest[step] = (settings, fit())
        found: Fitted = self._latest[step][1]
        return found
