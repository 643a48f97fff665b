"""`vitrine learn`: how often each variant of the experiments that learn is to be drawn from now on."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from training.commands.results import console, print_json
from training.learning import Lesson
from training.learning import learn as learned
from training.settings import Settings


def learn(
    shop: Annotated[str, typer.Option(help="The shop.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for machines.")] = False,
) -> None:
    """Learn the weights of experiments from what their visitors did; run it once an hour or a day.

    The service takes new weights over by itself, two minutes later and in all processes at the same moment.
    """
    settings = Settings()
    records = settings.records()
    try:
        found = learned(settings.shop_with_log(shop), records, datetime.now(UTC))
    finally:
        records.close()
    if as_json:
        print_json({"shop": shop, "experiments": [one.document() for one in found]})
        return
    for one in found:
        console().print(told(one), highlight=False)
    if not found:
        console().print(f"No running experiment of {shop} says what it is to learn.", highlight=False)


def told(lesson: Lesson) -> str:
    """One line on an experiment."""
    who = f"{lesson.experiment.id}, {lesson.visitors:,} visitors"
    if lesson.found is None:
        return f"{who}: too few to learn from; what holds stays"
    if lesson.epoch is None:
        return f"{who}: what holds stays"
    weights = ", ".join(f"{name} {weight:.1%}" for name, weight in lesson.epoch.weights.items())
    return f"{who}: {weights}, from {lesson.epoch.starts:%Y-%m-%d %H:%M} UTC on"
