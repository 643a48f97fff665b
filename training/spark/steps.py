"""The heavy steps of training as jobs of Spark."""

from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as fn

from recommender.events import schema
from recommender.events.log import EventLog
from recommender.models.arrays import FloatArray, IntArray
from recommender.models.blocks import Blocks
from recommender.models.bought_together import BoughtTogetherConfig, gated
from recommender.models.cooccurrence import Score
from recommender.models.customers import CustomerModel
from recommender.models.factors import FactorModel
from recommender.models.histories import HistoryModel
from recommender.models.intent.course import Lines
from recommender.models.interactions import PURCHASE
from recommender.models.neighbours import NeighbourConfig, NeighbourModel, scoring
from recommender.models.popularity import PopularityModel
from recommender.models.replenishment import ReplenishmentModel
from recommender.models.sessions.model import SessionModel
from recommender.models.sessions.ranker import Rankers
from recommender.models.taste import TasteConfig, TasteModel
from recommender.training import TrainingConfiguration
from training.customers import described
from training.interactions import Material, Prepared
from training.measuring.currencies import Currencies
from training.planning import Progress
from training.spark.baskets import baskets
from training.spark.cleaning import within_window
from training.spark.counts import Listing, neighbours
from training.spark.courses import told
from training.spark.customers import browsed, browsers, buying
from training.spark.factors import factors
from training.spark.histories import histories
from training.spark.keeping import kept
from training.spark.material import Gathered, Span, gathered
from training.spark.orders import usual
from training.spark.popularity import popularity, replenishment
from training.spark.reading import scan
from training.spark.rows import CODE, ORDER, VISIT, WHO, Rows
from training.spark.watching import Watch
from training.steps import HeavySteps, LocalSteps


class SparkSteps:
    """The steps over a log that no memory holds; only numbers for items and customers, and samples, come here.

    What compares tastes, orders the steps of sessions, completes baskets and foretells orders is learned by the local
    code from a sample of people, of the size that models are judged by.

    Args:
        session: where the jobs run.
        url: where Spark finds the event log, unless it reads the shop's own files.
    """

    def __init__(self, session: SparkSession, url: str | None = None) -> None:
        self._session = session
        self._url = url
        self._watch: Watch | None = None
        self._here = LocalSteps()

    def follow(self, progress: Progress) -> None:
        """See :meth:`HeavySteps.follow`."""
        self._watch = self._watch or Watch(self._session.sparkContext)
        self._watch.follow(progress)

    def close(self) -> None:
        """See :meth:`HeavySteps.close`; the session goes on."""
        if self._watch is not None:
            self._watch.stop()
            self._watch = None

    def scan(self, log: EventLog, before: datetime | None = None) -> DataFrame:
        """See :meth:`HeavySteps.scan`."""
        return scan(self._session, log, self._url, before)

    def currencies(self, log: DataFrame) -> Currencies:
        """See :meth:`HeavySteps.currencies`."""
        sold = log.where((fn.col(schema.EVENT) == "purchase") & fn.col(schema.VERIFIED))
        found = usual(sold, fn.coalesce(schema.ORDER_ID, schema.EVENT_ID))
        return Currencies(found, found)

    def prepare(
        self,
        log: DataFrame,
        catalogue: Mapping[str, Mapping[str, Any]],
        *,
        configuration: TrainingConfiguration,
        now: datetime,
    ) -> Gathered:
        """See :meth:`HeavySteps.prepare`."""
        return gathered(log, catalogue, configuration, now)

    def at_hand(self, prepared: Material, configuration: TrainingConfiguration) -> tuple[Prepared, HeavySteps]:
        """See :meth:`HeavySteps.at_hand`."""
        judged = configuration.evaluation.judged_of(prepared.counts["interactions"])
        return prepared.interactions.draw(judged), self._here

    def popularity(
        self, interactions: Rows, added_day: FloatArray, configuration: TrainingConfiguration
    ) -> PopularityModel:
        """See :meth:`HeavySteps.popularity`."""
        return popularity(interactions.numbered, len(interactions.items), added_day, configuration.popularity)

    def replenishment(
        self, interactions: Rows, categories: IntArray, configuration: TrainingConfiguration
    ) -> ReplenishmentModel | None:
        """See :meth:`HeavySteps.replenishment`."""
        return replenishment(interactions.numbered, len(interactions.items), categories, configuration.replenishment)

    def histories(
        self, profiles: Rows, configuration: TrainingConfiguration, best_sellers: FloatArray
    ) -> HistoryModel | None:
        """See :meth:`HeavySteps.histories`."""
        found = histories(profiles.numbered, configuration.histories, best_sellers)
        return found if len(found) else None

    def customers(
        self, log: DataFrame, costs: Mapping[str, float], configuration: TrainingConfiguration, now: datetime
    ) -> CustomerModel | None:
        """See :meth:`HeavySteps.customers`."""
        past = log.where(fn.col(schema.TIMESTAMP) <= fn.lit(now))
        end = Span.of(past).last
        bought = None if end is None else buying(log, costs, now, end)
        if bought is None:
            return None
        owned = browsers(log, bought.people)
        return described(bought, configuration.customers, lambda: browsed(past, bought.people), browsers=owned)

    def courses(self, log: DataFrame, prepared: Material, configuration: TrainingConfiguration, zone: tzinfo) -> Lines:
        """See :meth:`HeavySteps.courses`."""
        config = configuration.cleaning
        rows = within_window(log, config, prepared.data_end)
        drawn = told(rows, configuration.intent.max_rows)
        whole = configuration.model_copy(update={"cleaning": config.model_copy(update={"window_days": None})})
        return self._here.courses(drawn, prepared, whole, zone)

    def session_neighbours(self, interactions: Rows, configuration: TrainingConfiguration) -> NeighbourModel:
        """See :meth:`HeavySteps.session_neighbours`."""
        return self._neighbours(interactions, VISIT, configuration.views, configuration.blocks)

    def purchase_neighbours(self, interactions: Rows, configuration: TrainingConfiguration) -> NeighbourModel:
        """See :meth:`HeavySteps.purchase_neighbours`."""
        return self._neighbours(interactions, WHO, configuration.purchases, configuration.blocks)

    def _neighbours(self, rows: Rows, key: str, config: NeighbourConfig, blocks: Blocks) -> NeighbourModel:
        bought = fn.col(CODE) == PURCHASE
        held = self._baskets(rows.numbered.where(~bought if key == VISIT else bought), key, config)

        def score(degrees: IntArray, _total: int) -> Score:
            return scoring(degrees, config)

        listing = Listing(score, config.neighbours, config.min_support)
        return neighbours(held, len(rows.items), listing, blocks.pairs)

    def bought_together(self, interactions: Rows, configuration: TrainingConfiguration) -> NeighbourModel:
        """See :meth:`HeavySteps.bought_together`."""
        config = configuration.bought_together
        held = self._baskets(interactions.numbered, ORDER, config)

        def score(degrees: IntArray, total: int) -> Score:
            return gated(degrees, total, config)

        listing = Listing(score, config.neighbours, config.min_support)
        return neighbours(held, len(interactions.items), listing, configuration.blocks.pairs)

    def _baskets(self, rows: DataFrame, key: str, config: NeighbourConfig | BoughtTogetherConfig) -> DataFrame:
        held = baskets(
            rows,
            key,
            half_life_days=config.half_life_days,
            most=config.max_basket,
            basket_exponent=config.basket_exponent,
        )
        return kept(held)

    def completion(
        self, interactions: Rows, configuration: TrainingConfiguration, pairs: NeighbourModel
    ) -> NeighbourModel:
        """See :meth:`HeavySteps.completion`; from the orders of the sample."""
        return self._here.completion(interactions.sample.interactions, configuration, pairs)

    def taste_config(self, interactions: Rows, configuration: TrainingConfiguration) -> TasteConfig:
        """See :meth:`HeavySteps.taste_config`; from the people of the sample."""
        return self._here.taste_config(interactions.sample.interactions, configuration)

    def taste(self, interactions: Rows, config: TasteConfig, blocks: Blocks) -> TasteModel:
        """See :meth:`HeavySteps.taste`; from the people of the sample."""
        return self._here.taste(interactions.sample.interactions, config, blocks)

    def factors(self, interactions: Rows, configuration: TrainingConfiguration) -> FactorModel:
        """See :meth:`HeavySteps.factors`."""
        config = configuration.factors.model_copy(update={"seed": configuration.seed})
        some = interactions.of_some(config.max_interactions)
        return factors(some.numbered, len(some.items), config)

    def sessions(
        self, prepared: Material, configuration: TrainingConfiguration, rankers: Rankers
    ) -> SessionModel | None:
        """See :meth:`HeavySteps.sessions`; from the sessions of the sample."""
        return self._here.sessions(prepared.interactions.sample, configuration, rankers)
