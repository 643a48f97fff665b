"""Many small shops in one process: the first call of each, memory with all of them open, and under a bound."""

import time
from collections.abc import Sequence
from contextlib import closing
from http.client import HTTPConnection

import numpy as np
import orjson

from recommender.capacity.costs import Costs
from recommender.capacity.demand import Demand
from recommender.capacity.plan import Plan
from tests.benchmarks.speed import calls, servers, usage
from tests.benchmarks.speed.bench import Bench
from tests.benchmarks.speed.contest import Standing
from tests.benchmarks.speed.latencies import Outcome, percentiles
from tests.benchmarks.speed.questions import SESSION, page
from tests.benchmarks.speed.section import Section, beside
from tests.benchmarks.speed.servers import Server
from tests.benchmarks.synthetic.street import House

BOUND = 10
"""One in so many may be open."""
SEEN = 10
"""Looks at memory in a round over all shops."""
SETTLED = 0.5
"""Of a round's seconds; after which lists made ahead are there."""


def shops(bench: Bench) -> Section:
    """Each of many shops is called cold, then again; the same where only a tenth of them may be open."""
    count = bench.effort.shops
    (home, houses), ready = bench.street(count), calls.get("/healthz", "")
    sizes = sorted({house.items for house in houses})
    section = Section(f"{count:,} shops of {sizes[0]} to {sizes[-1]} items in one process", "one call at a time")
    with servers.product(home, ready, VITRINE_OPEN_SHOPS=str(count - 1)) as server:
        empty = server.memory()
        cold = called(server, houses, section)
        section.rows.append(_row("first page of each", server, cold))
        section.rows.append(_row("second page, of some", server, called(server, houses[: count // BOUND])))
        time.sleep(SETTLED * bench.effort.seconds)
        full, alone, idle = server.memory(), usage.anonymous(server.pid), _idle(server, bench.effort.seconds)
    items = sum(house.items for house in houses)
    plan = Plan(Demand(items, 0, 0, 0, shops=count), Costs.read())
    section.facts |= {
        "start to first answer, s, no shop open": round(server.started_in, 2),
        "PSS without an open shop, MB": round(empty.pss, 1),
        "PSS with all open, MB": round(full.pss, 1),
        "memory without mapped files, MB": beside(plan.worker, alone, 1e6),
        "PSS with all open as `vitrine capacity` has it, MB": beside(plan.worker + plan.mapped, full.pss * 1e6, 1e6),
        "an open shop adds, MB PSS": round((full.pss - empty.pss) / count, 3),
        "items of a shop, mean": round(items / count),
        "all open and no call, % of a core": round(100 * idle, 1),
    }
    with servers.product(home, ready, VITRINE_OPEN_SHOPS=str(max(1, count // BOUND))) as server:
        looks = _watched(server, houses, section)
    section.facts |= {
        f"PSS while all are called in turn and {count // BOUND:,} may be open, MB": ", ".join(
            f"{look:,.0f}" for look in looks
        ),
    }
    return section


def called(server: Server, houses: Sequence[House], section: Section | None = None) -> Outcome:
    """One product page of each shop, one after the other; tells a section what processor time the calls took."""
    took, worked, good, cpu = [], [usage.worked_seconds(server.pid)], 0, server.cpu_seconds()
    began = time.perf_counter()
    with closing(HTTPConnection("127.0.0.1", server.port, timeout=60)) as connection:
        for number, house in enumerate(houses):
            session = [f"i{(number + place) % house.items}" for place in range(SESSION)]
            body = orjson.dumps(page(session, f"visitor-{number}"))
            sent = time.perf_counter()
            connection.request(
                "POST", "/v1/page", body, {"X-Vitrine-Key": house.key, "Content-Type": "application/json"}
            )
            answer = connection.getresponse()
            answered = orjson.loads(answer.read())
            took.append(time.perf_counter() - sent)
            worked.append(usage.worked_seconds(server.pid))
            good += answer.status == 200 and all(one["items"] for one in answered["showcases"])
    seconds, times = time.perf_counter() - began, percentiles(np.array(took))
    if section is not None:
        work = percentiles(np.diff(worked))
        section.facts |= {f"processor time of a shop's first page, {name}, ms": round(work[name], 1) for name in work}
    return Outcome(seconds, good, len(houses) - good, times, server.cpu_seconds() - cpu)


def _watched(server: Server, houses: Sequence[House], section: Section) -> list[float]:
    """Memory after each portion of a round over all shops."""
    looks, step = [], max(1, len(houses) // SEEN)
    for first in range(0, len(houses), step):
        outcome = called(server, houses[first : first + step])
        looks.append(server.memory().pss)
    section.rows.append(_row("page of a shop that was closed, last portion", server, outcome))
    return looks


def _row(name: str, server: Server, outcome: Outcome) -> dict[str, object]:
    return Standing(name, [outcome], server.memory()).row()


def _idle(server: Server, seconds: float) -> float:
    """Processor time of a second in which nobody calls."""
    before = server.cpu_seconds()
    time.sleep(seconds)
    return (server.cpu_seconds() - before) / seconds
