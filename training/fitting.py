"""Fitting: from a shop's log and catalogue to models, an artifact and, if it is good enough, a published one."""

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from typing import Any, NamedTuple, Unpack

import numpy as np

from recommender.artifact import Artifact, ArtifactStore, Manifest, Readiness, artifacts
from recommender.days import DAY
from recommender.engine import shelf
from recommender.events.locking import held
from recommender.events.log import EventLog
from recommender.models.content import ContentModel
from recommender.models.customers import CustomerModel
from recommender.models.factors import FactorModel
from recommender.models.index import ItemIndex, Metric, build_index
from recommender.models.models import Models
from recommender.models.neighbours import NeighbourModel
from recommender.models.newcomers import NewcomerModel
from recommender.models.popularity import PopularityModel
from recommender.models.sessions.ranker import NO_RANKERS, Rankers
from recommender.models.taste import TasteConfig
from recommender.models.threads import one_blas_thread
from recommender.records import Records
from recommender.retention.settings import ShopSettings
from recommender.training import TrainingConfiguration
from recommender.workspace import ShopFolder
from training.attributes import categories, prices
from training.audiences.moving import note_moves
from training.comparison import EVALUATION
from training.evaluation import Evaluation, Judging, evaluate
from training.gating import shop_gates
from training.intent import Learned, learn
from training.interactions import Material, Prepared
from training.listing import listed
from training.planning import Plan, Progress, Step
from training.publishing import Decision, decide
from training.readiness import statuses
from training.sampling import drawn
from training.scratch import Scratch
from training.slices import held_back
from training.steps import HeavySteps, LocalSteps

DESCRIBED = ("title", "product_type", "google_product_category", "brand", "price", "sale_price", "created_at")
"""Fields of an item that are learned from."""


PURCHASE_INTENT = "purchase_intent"
"""Where a manifest's metrics say how well orders are foretold."""
FITTED = 0.7
"""Share of judging that is done when the models to be judged are fitted."""


class Lessons(NamedTuple):
    """What an earlier part of a log has taught, and what the models of the whole log need not learn anew."""

    rankers: Rankers = NO_RANKERS
    """How to order candidates."""
    taste: TasteConfig | None = None
    """How to compare tastes, where anything said so."""
    interactions: int = 0
    """How many they were learned from, or were drawn from to be learned from."""


@dataclass(frozen=True)
class TrainingReport:
    """What came of a training run."""

    artifact: Artifact
    evaluation: Evaluation
    decision: Decision

    @property
    def published(self) -> bool:
        """Whether the artifact is in service now."""
        return self.decision.published

    def document(self) -> dict[str, Any]:
        """The report as JSON values."""
        manifest = self.artifact.manifest.model_dump(mode="json", exclude={"files", "configuration"})
        return {"published": self.decision.published, "decision": self.decision.reason, **manifest}


def train(
    folder: ShopFolder,
    records: Records,
    configuration: TrainingConfiguration | None = None,
    *,
    publish: bool = True,
    force: bool = False,
    now: datetime | None = None,
    progress: Progress | None = None,
    steps: HeavySteps | None = None,
) -> TrainingReport:
    """Fit, evaluate, save and publish the models of a shop.

    Args:
        folder: the shop's files.
        records: where its catalogue and configuration are kept.
        configuration: instead of the `training` section of the shop's configuration.
        publish: put the artifact in service unless it is clearly worse than the one in service.
        force: even then.
        now: the moment of training; an empty log ends there.
        progress: told how far training is.
        steps: who does the heavy work.

    Raises:
        NotFoundError: no such shop.
        ConfigurationError: its training configuration is not allowed.
    """
    report = progress or _silent
    records.shops.get(folder.path.name)
    configuration = configuration or shop_configuration(records, folder.path.name)
    steps = steps or LocalSteps()
    begun = now or datetime.now(UTC)
    store = artifacts(folder)
    plan = Plan.of(EventLog(folder).rows(), records.catalog.count(folder.path.name), configuration)

    def begin(step: Step) -> None:
        steps.follow(plan.within(step, report))
        report(step, plan.done(step))

    with one_blas_thread(), closing(steps):
        begin(Step.READ)
        prepared = read(folder, records, configuration, now=now, steps=steps)
        # What reads the log once more does so before there are models: a log takes much memory while it is read.
        known = _customers(folder, records, configuration, steps, begun)
        foretold = _intent(EventLog(folder), prepared, configuration, steps, shop_zone(records, folder.path.name))
        gated = shop_gates(folder, records, configuration.cleaning.max_events_a_day, begun)
        begin(Step.DESCRIBE)
        scratch = Scratch(store.folder)
        content = scratch.put("content", fit_content(prepared, configuration))
        begin(Step.JUDGE)
        asking = plan.within(Step.JUDGE, report, FITTED)
        evaluation, lessons = evaluate_shop(prepared, configuration, steps, content, progress=asking)
        begin(Step.FIT)
        models = fit(prepared, configuration, steps, content, lessons, scratch)
        models = replace(models, customers=known, gates=gated, intent=foretold.model)
        begin(Step.LIST)
        models = listed(models, plan.within(Step.LIST, report), scratch)
    begin(Step.WRITE)
    manifest = _manifest(folder.path.name, prepared, models, configuration, evaluation, foretold)
    with held(folder.artifacts_lock):  # who is erased from now on waits, and then finds this artifact, too
        artifact = _added(store, records, begun, models, manifest, evaluation=evaluation)
        shelf.prepare(folder, records, artifact.models, artifact.version)
        if folder.store is not None:
            _put_catalog(folder, records)
        before = store.current()
        decision = decide(store, artifact, configuration.publishing, publish=publish, force=force)
        if decision.published:
            note_moves(folder, records, before, artifact)
        store.prune(configuration.publishing.keep_versions)
    report("done", 1.0)
    return TrainingReport(artifact, evaluation, decision)


def _put_catalog(folder: ShopFolder, records: Records) -> None:
    from recommender.catalog import snapshots  # an extra brings what it needs

    snapshots.put(folder, records)


def _added(
    store: ArtifactStore,
    records: Records,
    begun: datetime,
    models: Models,
    manifest: Manifest,
    *,
    evaluation: Evaluation,
) -> Artifact:
    """The artifact without who was erased since training began.

    Other hosts do not wait for this one's lock: who was erased while the artifact was written may not be found in it
    by whoever writes artifacts anew, so it is looked again once it is there.
    """
    gone = records.erasures.since(manifest.shop, begun)
    while True:
        artifact = store.add(models.without(gone), manifest, {EVALUATION: evaluation.encoded()})
        found, gone = gone, records.erasures.since(manifest.shop, begun)
        if gone == found:
            return artifact
        store.drop(artifact.version)


def judge(
    folder: ShopFolder,
    records: Records,
    configuration: TrainingConfiguration | None = None,
    *,
    now: datetime | None = None,
    progress: Progress | None = None,
    steps: HeavySteps | None = None,
    **options: Unpack[Judging],
) -> Evaluation:
    """Evaluate what training would make of a shop's log, and save nothing; see :func:`train` and `evaluate`."""
    report = progress or _silent
    records.shops.get(folder.path.name)
    configuration = configuration or shop_configuration(records, folder.path.name)
    steps = steps or LocalSteps()
    with one_blas_thread(), closing(steps):
        report("reading and cleaning the log", 0.0)
        prepared = read(folder, records, configuration, now=now, steps=steps)
        report("fitting the models on the time before", 0.2)
        content = fit_content(prepared, configuration)

        def asking(step: str, done: float) -> None:
            report(step, 0.5 + done / 2)

        return evaluate_shop(prepared, configuration, steps, content, progress=asking, **options)[0]


def read(
    folder: ShopFolder,
    records: Records,
    configuration: TrainingConfiguration,
    *,
    now: datetime | None = None,
    steps: HeavySteps | None = None,
    before: datetime | None = None,
) -> Material:
    """Everything a shop's log and catalogue have to teach; `before` a moment, if need be, as if the log ended there."""
    catalogue = {id_: _described(document) for id_, document in records.catalog.documents(folder.path.name)}
    log = EventLog(folder)
    steps = steps or LocalSteps()
    with log.reading():
        return steps.prepare(
            steps.scan(log, before), catalogue, configuration=configuration, now=now or datetime.now(UTC)
        )


def shop_configuration(records: Records, shop: str) -> TrainingConfiguration:
    """The `training` section of a shop's configuration."""
    _, document = records.configurations.get(shop)
    return TrainingConfiguration.parse(document.get("training", {}))


def shop_zone(records: Records, shop: str) -> tzinfo:
    """Where a shop's clock stands."""
    _, document = records.configurations.get(shop)
    return ShopSettings.model_validate(document.get("shop", {})).zone


def fit_content(prepared: Material, configuration: TrainingConfiguration) -> ContentModel | None:
    """Learn what the catalogue says of its items; None when it says nothing."""
    config = configuration.content.model_copy(update={"seed": configuration.seed})
    return ContentModel.fit(prepared.documents, config) if any(prepared.documents) else None


def fit(
    prepared: Material,
    configuration: TrainingConfiguration,
    steps: HeavySteps,
    content: ContentModel | None,
    lessons: Lessons | None = None,
    scratch: Scratch | None = None,
) -> Models:
    """Fit every model that the interactions carry.

    Args:
        prepared: the shop's log and catalogue.
        configuration: how to fit.
        steps: who does the heavy work.
        content: what the same catalogue says of its items.
        lessons: what an earlier part of this log has taught; learned anew without.
        scratch: where large models are kept meanwhile; in memory without.
    """
    lessons, put = lessons or Lessons(), (scratch or Scratch()).put
    interactions, comparable = prepared.interactions, prepared.comparable
    bought = prepared.counts["purchases"] > 0
    browsing = prepared.counts["interactions"] > prepared.counts["purchases"]
    taste = _taste(prepared, configuration, steps, lessons) if comparable else None
    factors = put("factors", steps.factors(interactions, configuration)) if comparable else None
    popularity = steps.popularity(interactions, _created(prepared), configuration)
    together = _linked(steps.bought_together(interactions, configuration)) if bought else None
    models = Models(
        items=prepared.items,
        popularity=popularity,
        data_end=prepared.data_end,
        views=put("views", _linked(steps.session_neighbours(interactions, configuration))) if browsing else None,
        purchases=_linked(steps.purchase_neighbours(interactions, configuration)) if bought else None,
        bought_together=together,
        completion=_linked(steps.completion(interactions, configuration, together)) if together else None,
        taste=put("taste", steps.taste(interactions, taste, configuration.blocks)) if taste is not None else None,
        factors=factors,
        content=content,
        factor_index=put("factor_index", _index(factors)),
        content_index=put("content_index", _index(content)),
        newcomers=_newcomers(prepared, configuration, content, factors, popularity),
        histories=put("histories", steps.histories(prepared.profiles, configuration, popularity.best_sellers)),
        sessions=put("sessions", steps.sessions(prepared, configuration, lessons.rankers)),
        replenishment=steps.replenishment(interactions, categories(prepared.documents), configuration),
    )
    return replace(models, status=statuses(models, prepared))


def evaluate_shop(
    prepared: Material,
    configuration: TrainingConfiguration,
    steps: HeavySteps,
    content: ContentModel | None,
    *,
    progress: Progress | None = None,
    **options: Unpack[Judging],
) -> tuple[Evaluation, Lessons | None]:
    """Judge models fitted on all but the last days by what happened in those; `options` are those of `evaluate`.

    What they learned beside the models is handed on: how to order candidates and how to compare tastes outlasts the
    sources that propose them. None where nothing could be judged.
    """
    learned: list[Lessons | None] = [None]
    whole = prepared.counts["interactions"]
    judged, steps = steps.at_hand(prepared, configuration)
    if whole > configuration.evaluation.whole_interactions:
        sample = drawn(judged, configuration.evaluation.sample_interactions, configuration.seed)
        judged, content = sample.prepared, sample.content(content)
    share = whole / max(len(judged.interactions), 1)

    def fit_earlier(earlier: Prepared) -> Models:
        taste = _taste(earlier, configuration, steps, Lessons()) if earlier.comparable else None
        lessons = Lessons(taste=taste, interactions=round(len(earlier.interactions) * share))
        models = fit(earlier, configuration, steps, content, lessons)
        learned.append(lessons._replace(rankers=models.sessions.rankers) if models.sessions else lessons)
        return models

    evaluation = evaluate(judged, configuration, fit=fit_earlier, progress=progress, **options)
    if share > 1 and "window" in evaluation.metrics:
        evaluation.metrics["window"]["sampled"] = configuration.evaluation.sample_interactions
    return evaluation, learned[-1]


def _taste(
    prepared: Material, configuration: TrainingConfiguration, steps: HeavySteps, lessons: Lessons
) -> TasteConfig:
    """How this shop's tastes are compared best: as was learned, unless that was from the lesser part of the log."""
    if lessons.taste is not None and 2 * lessons.interactions >= prepared.counts["interactions"]:
        return lessons.taste
    return steps.taste_config(prepared.interactions, configuration)


def _customers(
    folder: ShopFolder, records: Records, configuration: TrainingConfiguration, steps: HeavySteps, now: datetime
) -> CustomerModel | None:
    log = EventLog(folder)
    with log.reading():
        rows = steps.scan(log)
        costs = steps.currencies(rows).costs(records.catalog.documents(folder.path.name))
        return steps.customers(rows, costs, configuration, now)


def _intent(
    log: EventLog, prepared: Material, configuration: TrainingConfiguration, steps: HeavySteps, zone: tzinfo
) -> Learned:
    with log.reading():
        lines = steps.courses(steps.scan(log), prepared, configuration, zone)
    cutoff = held_back(prepared.data_start, prepared.data_end, configuration.evaluation.days)
    return learn(lines, configuration.intent, cutoff, configuration.seed)


def _linked(neighbours: NeighbourModel) -> NeighbourModel | None:
    return neighbours if len(neighbours.rows) else None


def _newcomers(
    prepared: Material,
    configuration: TrainingConfiguration,
    content: ContentModel | None,
    factors: FactorModel | None,
    popularity: PopularityModel,
) -> NewcomerModel | None:
    if content is None or factors is None:
        return None
    config = configuration.newcomers.model_copy(update={"seed": configuration.seed})
    return NewcomerModel.fit(
        content.vectors, prices(prepared.documents), factors.vectors, popularity.best_sellers, config
    )


def _index(model: FactorModel | ContentModel | None) -> ItemIndex | None:
    return None if model is None else build_index(model.vectors, Metric.COSINE)


def _created(prepared: Material) -> Any:
    return np.array([_day(document.get("created_at")) for document in prepared.documents], np.float32)


def _day(created_at: object) -> float:
    try:
        moment = datetime.fromisoformat(str(created_at))
    except ValueError:
        return float("nan")
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() // DAY


def _described(document: Mapping[str, Any]) -> dict[str, Any]:
    """What training reads of an item; its other fields may change without a new model."""
    return {name: document[name] for name in DESCRIBED if name in document}


def _manifest(
    shop: str,
    prepared: Material,
    models: Models,
    configuration: TrainingConfiguration,
    evaluation: Evaluation,
    foretold: Learned,
) -> Manifest:
    return Manifest(
        shop=shop,
        data_start=prepared.data_start,
        data_end=prepared.data_end,
        fingerprint=prepared.fingerprint,
        configuration=configuration.document(),
        metrics={**evaluation.headlines, PURCHASE_INTENT: foretold.document()},
        counts={
            "items": len(prepared.items),
            **prepared.counts,
            **prepared.left_out,
        },
        strategies={
            name: Readiness(state=status.state, reason=status.reason) for name, status in models.status.items()
        },
    )


def _silent(step: str, done: float) -> None:
    """Report to nobody."""
