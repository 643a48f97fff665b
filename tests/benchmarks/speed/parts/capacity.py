"""What `vitrine capacity` foretells beside what is measured, at three sizes; `--costs FILE` keeps what was measured."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.optimize import nnls

from recommender.capacity.costs import UNITS, Cost, Costs
from recommender.capacity.demand import Demand
from recommender.capacity.plan import GB, Plan
from recommender.engine.shelf import WORTH_KEEPING
from tests.benchmarks.speed import calls, servers, stores, usage
from tests.benchmarks.speed.bench import Bench, Home
from tests.benchmarks.speed.machine import machine, sentence
from tests.benchmarks.speed.parts.shops import called
from tests.benchmarks.speed.questions import Questions
from tests.benchmarks.speed.section import Section, beside
from tests.benchmarks.speed.weighing import PORTION, Weight, weighed
from tests.benchmarks.synthetic.files import Size
from tests.benchmarks.synthetic.home import CARD
from tests.benchmarks.synthetic.street import House, pattern

STREET = 20
"""One in so many of the small shops tells what all of them take."""
FIRST = 3
"""Small shops after whose pages a worker holds whatever it makes once: one of each size."""
VISITORS = 2_000
FEW, BETWEEN, MANY = 1, 12, 40
"""Events of each visitor: costs are made of few and many, and checked between."""
LOGGED_PAGE = Cost(value=0.2, unit="kB", source="a page with 32 interactions of its visitor, demo shop, in Parquet")


@dataclass(frozen=True)
class Street:
    """A worker with many small shops; bytes."""

    shops: int
    items: int
    empty: float
    """Memory of the worker before, when it has answered for another one."""
    full: float
    """With all of them open."""


def capacity(bench: Bench) -> Section:
    """Measure, make costs of all but the largest shop, and foretell all of them."""
    homes = [bench.small(), bench.usual(), bench.large()]
    count = max(2 * FIRST, bench.effort.shops // STREET)
    many = _street(*bench.street(count))
    tiny = weighed(_pattern(pattern(bench.patterns, bench.effort.shop_sizes[-1])), PORTION)
    weights = [weighed(home, bench.effort.asked // 6) for home in homes]
    visitors = {events: stores.visitor_bytes(VISITORS, events) for events in (FEW, BETWEEN, MANY)}
    costs = _costs(many, [tiny, *weights[:-1]], visitors, stores.item_bytes(homes[0].path))
    section = Section("Capacity: foretold and measured")
    for home, weight in zip(homes, weights, strict=True):
        section.facts |= _beside(home, weight, costs)
    foretold = costs.state_visitor.of() + costs.state_event.of(BETWEEN)
    section.facts[f"Redis, a visitor with {BETWEEN} events, B"] = beside(foretold, visitors[BETWEEN], 1)
    if bench.costs is not None:
        bench.costs.write_text(costs.document())
    return section


def _street(home: Path, houses: Sequence[House]) -> Street:
    """Some small shops, which tell what many take."""
    first, others = houses[:FIRST], houses[FIRST:]
    with servers.product(home, calls.get("/healthz", ""), VITRINE_OPEN_SHOPS=str(len(others))) as server:
        called(server, [*first] * PORTION)
        empty = usage.anonymous(server.pid)
        called(server, others)
        return Street(len(others), sum(house.items for house in others), empty, usage.anonymous(server.pid))


def _pattern(path: Path) -> Home:
    """A shop that others are copies of."""
    card = json.loads((path / CARD).read_text())
    size = Size(**card["size"])
    return Home(path, size, card, Questions(size, card["keys"]["public_key"]))


def _costs(many: Street, weights: Sequence[Weight], visitors: Mapping[int, float], item: float) -> Costs:
    sizes = [(1, one.items, one.events) for one in weights]
    shop, an_item, kept = _opened(many, weights[1:])
    of_events = max(one.of_events / one.events for one in weights)
    files = fitted([(1, one.items) for one in weights], [one.files - one.of_events for one in weights])
    training = fitted(sizes, [one.training for one in weights])
    seconds = fitted(sizes, [one.training_seconds for one in weights])
    an_event = (visitors[MANY] - visitors[FEW]) / (MANY - FEW)
    last, names = weights[-1], f"{', '.join(f'{one.items:,}' for one in weights)} items"
    street_, learned = f"{many.shops} small shops and shops of {names}", f"shops of {names}, the benchmark's settings"
    return Costs(
        machine=sentence(machine()),
        worker=_cost(many.empty, "MB", f"a worker after pages of {FIRST} small shops"),
        shop=_cost(shop, "MB", street_),
        item=_cost(an_item, "kB", street_),
        item_kept=_cost(kept, "kB", street_),
        files_shop=_cost(files[0], "MB", learned),
        files_item=_cost(files[1], "kB", learned),
        files_event=_cost(of_events, "B", f"{learned}: histories and sessions, the most"),
        log_event=_cost(last.log_event, "B", f"the log of the shop of {last.items:,} items"),
        logged_page=LOGGED_PAGE,
        records_item=_cost(item, "kB", "PostgreSQL's own count of the table and its indexes"),
        state_visitor=_cost(visitors[FEW] - an_event * FEW, "B", f"Redis's own count, {VISITORS:,} visitors"),
        state_event=_cost(an_event, "B", f"the same, {FEW} and {MANY} events each"),
        page=_cost(last.page, "ms", f"the shop of {last.items:,} items, one call at a time"),
        event=_cost(last.event, "ms", f"the shop of {last.items:,} items, one call at a time"),
        training=_cost(training[0], "MB", learned),
        training_item=_cost(training[1], "kB", learned),
        training_event=_cost(training[2], "B", learned),
        training_time=_cost(seconds[0], "s", learned),
        training_time_item=_cost(seconds[1], "ms", learned),
        training_time_event=_cost(seconds[2], "ms", learned),
    )


def _opened(many: Street, weights: Sequence[Weight]) -> tuple[float, float, float]:
    """Memory of an open shop, of each item, and of each where the table lies in files."""
    small = [one for one in weights if one.items < WORTH_KEEPING]
    counts = [(many.shops, many.items), *((1, one.items) for one in small)]
    shop, item = fitted(counts, [many.full - many.empty, *(max(1, one.memory - many.empty) for one in small)])
    large = [(one.memory - many.empty - shop) / one.items for one in weights if one.items >= WORTH_KEEPING]
    return shop, item, max(0.0, *large) if large else item


def fitted(counts: Iterable[Sequence[float]], totals: Iterable[float | None]) -> list[float]:
    """What one of each costs, not less than nothing, so that relative errors of the totals that are known are small."""
    known = [[count / total for count in row] for row, total in zip(counts, totals, strict=True) if total is not None]
    return [float(one) for one in nnls(np.array(known), np.ones(len(known)))[0]]


def _cost(value: float, unit: str, source: str) -> Cost:
    return Cost.model_validate({"value": float(f"{value / UNITS[unit]:.3g}"), "unit": unit, "source": source})


def _beside(home: Home, weight: Weight, costs: Costs) -> dict[str, str]:
    """A shop's figures as they are foretold and as they are."""
    plan = Plan(Demand(weight.items, 0, weight.events, 0, log_days=1), costs)
    found = {
        "memory of a worker, MB": (plan.worker, weight.memory, 1e6),
        "files of the model, MB": (plan.files, weight.files, 1e6),
        "memory of training, GB": (plan.training, weight.training, GB),
        "processor time of training, s": (plan.training_seconds, weight.training_seconds, 1),
        "an event in the log, B": (costs.log_event.of(), weight.log_event, 1),
        "processor time of a page, ms": (costs.page.of(), weight.page, 1e-3),
    }
    where = f"{home.size.items:,} items"
    return {
        f"{name}, {where}": beside(foretold, measured, unit)
        for name, (foretold, measured, unit) in found.items()
        if measured is not None
    }
