"""`vitrine evaluate`: judge what training would make of a shop's log, without saving anything."""

from pathlib import Path
from typing import Annotated

import typer

from recommender.training import TrainingConfiguration
from training.commands.results import console, evaluation_table, print_json, training_progress
from training.fitting import judge
from training.settings import Settings


def evaluate(
    shop: Annotated[str, typer.Option(help="The shop.")],
    config: Annotated[Path | None, typer.Option(help="Training settings, JSON or TOML; else the shop's own.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for machines.")] = False,
) -> None:
    """Fit on all but the last days of a shop's log and judge every strategy by what happened in those."""
    settings = Settings()
    folder = settings.workspace().shop(shop)
    configuration = TrainingConfiguration.read(config) if config else None
    records = settings.records()
    try:
        with training_progress() as progress:
            evaluation = judge(folder, records, configuration, progress=progress)
    finally:
        records.close()
    if as_json:
        print_json({"shop": shop, "metrics": evaluation.metrics})
    else:
        console().print(evaluation_table(evaluation.metrics))
