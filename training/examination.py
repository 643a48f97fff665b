"""Examination: models in service, asked for the cases that somebody gives."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from recommender.engine.snapshot import NO_MODEL
from recommender.errors import ArtifactError
from recommender.metrics import RecallOf
from recommender.models.threads import one_blas_thread
from recommender.records import Records
from recommender.training import TrainingConfiguration
from recommender.workspace import ShopFolder
from training.baselines import ALL, Baseline
from training.evaluation import Evaluation, score_all
from training.facts import Facts
from training.fitting import read, shop_configuration
from training.given import given_tasks
from training.planning import Progress
from training.scoring import Scorer
from training.snapshots import served
from training.steps import LocalSteps


@dataclass(frozen=True)
class Examination:
    """What is asked of which models."""

    file: Path
    """The cases; see :mod:`training.given`."""
    version: str | None = None
    """The artifact; None is the one in service."""
    baselines: frozenset[Baseline] = ALL
    """They learn from the shop's log up to where the models' data end."""
    recall_of: RecallOf = RecallOf.LIST


def examine(
    folder: ShopFolder,
    records: Records,
    configuration: TrainingConfiguration | None,
    asked: Examination,
    progress: Progress,
) -> Evaluation:
    """Score the cases of a file against a shop's models, as the service would answer them.

    Raises:
        ArtifactError: there are no models.
        ImportingError: the file cannot be read; see :func:`given_tasks`.
        InputError: one of its lines is not a case.
    """
    progress("reading the cases", 0.0)
    posed = given_tasks(asked.file)
    snapshot = served(folder, records, asked.version)
    if snapshot.version == NO_MODEL:
        raise ArtifactError(
            f"{folder.path.name} has no model in service; make one with: vitrine train --shop {folder.path.name}"
        )
    configuration = configuration or shop_configuration(records, folder.path.name)
    with one_blas_thread():
        progress("reading the log", 0.05)
        end = snapshot.models.data_end
        told, _ = LocalSteps().at_hand(read(folder, records, configuration), configuration)
        earlier = told.until(end + timedelta(seconds=1))
        scorer = Scorer(
            snapshot=snapshot,
            facts=Facts.of(earlier, snapshot.models),
            now=end,
            size=configuration.evaluation.size,
            seed=configuration.seed,
            baselines=asked.baselines,
            recall_of=asked.recall_of,
        )
        scores = score_all(scorer, posed, earlier, lambda step, done: progress(step, 0.2 + 0.8 * done))
    window = {
        "test": asked.file.name,
        "model_version": snapshot.version,
        "size": scorer.size,
        "recall_of": asked.recall_of.value,
    }
    return Evaluation.of(window, scores)
