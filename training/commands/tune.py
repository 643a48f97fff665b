"""`vitrine tune`: search for training settings that serve a shop better, and put them into its configuration."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from recommender.training import TrainingConfiguration
from training.benches import Aim
from training.budget import Budget
from training.commands.results import console, print_json, training_progress
from training.exams import Measure
from training.search_space import Tuned
from training.settings import Settings
from training.tuning import TuningReport, Verdict
from training.tuning import tune as search
from training.wording import task_title

DEFAULT_MINUTES = 10.0


def tune(
    shop: Annotated[str, typer.Option(help="The shop.")],
    minutes: Annotated[
        float | None,
        typer.Option(min=0.01, help=f"How long to search; {DEFAULT_MINUTES:g} when --trials is not given either."),
    ] = None,
    trials: Annotated[
        int | None,
        typer.Option(
            min=2, help="How many settings to try in all, earlier runs included; the present ones come first."
        ),
    ] = None,
    strategy: Annotated[Tuned, typer.Option(help="What to improve.")] = Tuned.ALL,
    metric: Annotated[Measure, typer.Option(help="By what measure.")] = Measure.NDCG,
    config: Annotated[
        Path | None,
        typer.Option(
            help="Begin with these settings, JSON or TOML, instead of the shop's own; what is written includes them."
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Change nothing; only say what would be.")] = False,
    fresh: Annotated[bool, typer.Option("--fresh", help="Forget what earlier runs have tried.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for machines.")] = False,
) -> None:
    """Search for better training settings on the days before those that `vitrine evaluate` judges by.

    What is better beyond chance is written into the shop's configuration; the next `vitrine train` uses it. Ctrl-C ends
    the search early and keeps what was found; the same command goes on where the last one ended.
    """
    settings = Settings()
    folder = settings.shop_with_log(shop)
    configuration = TrainingConfiguration.read(config) if config else None
    budget = Budget(60 * (minutes or DEFAULT_MINUTES) if minutes or not trials else None, trials)
    records = settings.records()
    try:
        with training_progress() as progress:
            report = search(
                folder, records, Aim(strategy, metric), budget, configuration,
                write=not dry_run, fresh=fresh, progress=progress,
            )  # fmt: skip
    finally:
        records.close()
    if as_json:
        print_json(report.document())
    else:
        _show(report)


def _show(report: TuningReport) -> None:
    out, window = console(), report.window
    out.print(f"Judged on {window['from'][:10]} to {window['to'][:10]}, before the days of `vitrine evaluate`.")
    if report.verdict is not None:
        out.print(_changed(report.changes))
        out.print(_compared(report.verdict, window["metric"]))
    given_up = f" ({report.trials['given_up']} given up early)" if report.trials["given_up"] else ""
    out.print(f"Tried {report.trials['judged']} settings{given_up}: {report.decision}.", highlight=False)
    if report.version is not None:
        out.print(f"Put them to use with: vitrine train --shop {report.shop}", highlight=False)


def _changed(changes: dict[str, list[float]]) -> Table:
    table = Table(title="Best settings", title_justify="left")
    for heading in ("training.", "present", "best"):
        table.add_column(heading, justify="left" if heading == "training." else "right")
    for path, (before, after) in changes.items():
        table.add_row(path, f"{before:g}", f"{after:g}")
    return table


def _compared(verdict: Verdict, metric: str) -> Table:
    title = f"On cases kept aside: {verdict.gain:+.1%} ({verdict.low:+.1%} to {verdict.high:+.1%})"
    table = Table(title=title, title_justify="left")
    for heading in ("task", "by", "cases", f"{metric} present", f"{metric} best"):
        table.add_column(heading, justify="left" if heading in {"task", "by"} else "right")
    for row in verdict.tasks:
        values = [f"{row[name]:.4f}" for name in ("before", "after")]
        table.add_row(task_title(row["task"]), row["by"], str(row["cases"]), *values)
    return table
