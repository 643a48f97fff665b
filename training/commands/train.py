"""`vitrine train`: fit, judge and publish the models of a shop."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from recommender.errors import TrainingError
from recommender.training import TrainingConfiguration
from training.commands.results import console, print_json, readiness_table, training_progress
from training.commands.scores import score_tables
from training.engines import Engine, heavy_steps
from training.fitting import PURCHASE_INTENT, TrainingReport, shop_configuration
from training.fitting import train as fit
from training.learning import learn
from training.settings import Settings


def train(
    shop: Annotated[str, typer.Option(help="The shop.")],
    config: Annotated[Path | None, typer.Option(help="Training settings, JSON or TOML; else the shop's own.")] = None,
    publish: Annotated[bool, typer.Option("--publish/--no-publish", help="Put the models in service.")] = True,
    force: Annotated[
        bool, typer.Option("--force", help="Even if they are clearly worse than those in service.")
    ] = False,
    engine: Annotated[
        Engine, typer.Option(help="Who reads the log: this process, or Spark (`vitrine[spark]`), here or on a cluster.")
    ] = Engine.LOCAL,
    log: Annotated[
        str | None, typer.Option(help="Where Spark finds a copy of the event log, as s3://…, hdfs://… or file://….")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for machines.")] = False,
) -> None:
    """Fit the models of a shop, judge them on its last days, save them and put them in service."""
    settings = Settings()
    folder = settings.workspace().shop(shop) if log is not None else settings.shop_with_log(shop)
    configuration = TrainingConfiguration.read(config) if config else None
    records = settings.records()
    try:
        with training_progress() as progress:
            configuration = configuration or shop_configuration(records, shop)
            steps = heavy_steps(engine, memory_gb=configuration.memory_gb, log=log)
            report = fit(folder, records, configuration, publish=publish, force=force, progress=progress, steps=steps)
        if publish:
            learn(folder, records, datetime.now(UTC))
    finally:
        records.close()
    if as_json:
        print_json(report.document())
    else:
        _show(report)
    if publish and not report.published:
        raise TrainingError(f"{report.artifact.version} was saved but not published: {report.decision.reason}")


def _show(report: TrainingReport) -> None:
    manifest, out = report.artifact.manifest, console()
    out.print(score_tables(manifest.metrics))
    out.print(readiness_table(manifest.strategies))
    counts = ", ".join(f"{value:,} {name.replace('_', ' ')}" for name, value in manifest.counts.items() if value)
    out.print(f"Learned from {counts or 'nothing yet'}.", highlight=False)
    out.print(f"Purchase intent: {manifest.metrics[PURCHASE_INTENT]['reason']}.", highlight=False)
    out.print(f"Model {manifest.version}: {report.decision.reason}.", highlight=False)
