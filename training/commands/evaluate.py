"""`vitrine evaluate`: how good a shop's recommendations are, beside baselines; it saves no models."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from recommender.artifact import artifacts
from recommender.errors import InputError
from recommender.metrics import RecallOf
from recommender.training import TrainingConfiguration
from recommender.workspace import ShopFolder
from training.baselines import ALL, CHEAP, Baseline
from training.commands.results import console, print_json, training_progress
from training.commands.scores import comparison_table, score_tables
from training.comparison import compared, evaluation_of
from training.evaluation import Judging
from training.examination import Examination, examine
from training.fitting import judge
from training.report.page import write_page
from training.settings import Settings
from training.slices import On


class Wanted(StrEnum):
    """Which baselines stand beside the strategies."""

    ALL = "all"
    CHEAP = "cheap"
    NONE = "none"


BASELINES = {Wanted.ALL: ALL, Wanted.CHEAP: CHEAP, Wanted.NONE: frozenset[Baseline]()}


def evaluate(
    shop: Annotated[str, typer.Option(help="The shop.")],
    config: Annotated[Path | None, typer.Option(help="Training settings, JSON or TOML; else the shop's own.")] = None,
    on: Annotated[
        On, typer.Option(help="The last days, or those before: tune on these, and the last stay a test.")
    ] = On.TEST,
    baselines: Annotated[
        Wanted, typer.Option(help="What stands beside: ALS and item-kNN as well, or what costs nothing.")
    ] = Wanted.ALL,
    recall_of: Annotated[
        RecallOf, typer.Option(help="Divide hits by what the list can hold, or by all that is right.")
    ] = RecallOf.LIST,
    test: Annotated[
        Path | None,
        typer.Option(help="Score these cases (CSV or JSON lines) against the model in service; nothing is fitted."),
    ] = None,
    artifact: Annotated[str | None, typer.Option(help="With --test: another version than the one in service.")] = None,
    compare: Annotated[
        tuple[str, str] | None,
        typer.Option(help="Compare what two versions reached on the same cases.", metavar="VERSION VERSION"),
    ] = None,
    details: Annotated[
        bool, typer.Option("--details", help="Show every metric, the lists as a whole, and segments.")
    ] = False,
    html: Annotated[Path | None, typer.Option(help="Write a page with plots to this file.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for machines, with everything.")] = False,
) -> None:
    """Measure every strategy by what happened after its models end, beside baselines on the same cases.

    Fits on all but the last days of the log and judges by those; with --test, asks the model in service for given
    cases, one a line: `{"session": ["a", "b"], "relevant": ["c"]}`, or with `visitor_id`, `customer_id`, `item_ids`,
    `strategy`, `allow_seen` (CSV: ids of one cell separated by |).
    """
    if artifact is not None and test is None:
        raise InputError("--artifact", artifact, "it goes with --test; otherwise models are fitted anew")
    if test is not None and on is not On.TEST:
        raise InputError("--on", on.value, "--test brings its own cases")
    if compare is not None and (test is not None or html is not None):
        raise InputError("--compare", compare, "it goes with neither --test nor --html")
    if html is not None and not html.parent.is_dir():
        raise InputError("--html", html.name, f"there is no folder {html.parent}")
    settings = Settings()
    folder = settings.shop_with_log(shop)
    records = settings.records()
    try:
        records.shops.get(shop)
        if compare is not None:
            _compare(folder, compare, as_json)
            return
        configuration = TrainingConfiguration.read(config) if config else None
        with training_progress("evaluating") as progress:
            if test is not None:
                asked = Examination(test, artifact, BASELINES[baselines], recall_of)
                evaluation = examine(folder, records, configuration, asked, progress)
            else:
                judging = Judging(on=on, baselines=BASELINES[baselines], recall_of=recall_of)
                evaluation = judge(folder, records, configuration, progress=progress, **judging)
    finally:
        records.close()
    if html is not None:
        write_page(html, shop, evaluation.metrics)
    if as_json:
        print_json({"shop": shop, "metrics": evaluation.metrics})
    else:
        console().print(score_tables(evaluation.metrics, details=details))


def _compare(folder: ShopFolder, versions: tuple[str, str], as_json: bool) -> None:
    store = artifacts(folder)
    before, after = (evaluation_of(store, version) for version in versions)
    found = compared(versions[0], before, versions[1], after)
    if as_json:
        print_json({"shop": folder.path.name, **found})
    else:
        console().print(comparison_table(found))
