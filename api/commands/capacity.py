"""`vitrine capacity`: what an installation needs."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from recommender.capacity.advice import advice
from recommender.capacity.costs import Costs
from recommender.capacity.demand import Demand
from recommender.capacity.lines import Line, lines
from recommender.capacity.plan import Plan
from recommender.models.blocks import USUAL_GB


def capacity(
    items: Annotated[int, typer.Option(help="Items of the catalogues, all shops together.")],
    visitors: Annotated[int, typer.Option(help="Different visitors of 30 days.")],
    events_per_day: Annotated[int, typer.Option(help="Rows that a day adds to the event log.")],
    rps: Annotated[float, typer.Option(help="Pages a second at the busiest time.")],
    shops: Annotated[int, typer.Option(help="Shops of the installation.")] = 1,
    log_days: Annotated[int, typer.Option(help="Days of events that are kept.")] = 365,
    cores: Annotated[int, typer.Option(help="Cores of one machine.")] = 8,
    memory_gb: Annotated[float, typer.Option(help="Memory of one machine.")] = 32,
    training_gb: Annotated[
        float, typer.Option(help="Memory that a training keeps to, as in training.memory_gb.")
    ] = USUAL_GB,
    costs: Annotated[
        Path | None, typer.Option(help="Figures measured elsewhere; see tests.benchmarks.capacity.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Answer for machines.")] = False,
) -> None:
    """Work out memory, disk, machines, Redis, PostgreSQL and training for a load, from measured costs."""
    known = Costs.read(costs)
    plan = Plan(Demand(items, visitors, events_per_day, rps, shops, log_days, cores, memory_gb, training_gb), known)
    if as_json:
        document = {
            "demand": asdict(plan.demand),
            "lines": [asdict(line) for line in lines(plan)],
            "advice": advice(plan),
            "costs": known.model_dump(),
        }
        typer.echo(json.dumps(document, indent=2))
        return
    table = Table(
        title="What it needs", title_justify="left", caption=f"Costs: {known.machine}", caption_justify="left"
    )
    for heading, side in (("what", "left"), ("figure", "right"), ("why", "left")):
        table.add_column(heading, justify=side)  # type: ignore[arg-type]  # these are two of them
    for line in lines(plan):
        table.add_row(line.name, _shown(line), line.why)
    console = Console()
    console.print(table, highlight=False)
    for sentence in advice(plan):
        console.print(f"- {sentence}", highlight=False)


def _shown(line: Line) -> str:
    whole = not line.unit and line.value == int(line.value)
    figure = f"{line.value:,.0f}" if whole or line.value >= 100 else f"{line.value:.2g}"
    return f"{figure} {line.unit}".rstrip()
