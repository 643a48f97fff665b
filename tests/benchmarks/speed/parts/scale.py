"""Two workers with Redis on the large shop, at constant rates, with the load generator on the same cores."""

from contextlib import ExitStack
from typing import Any

from tests.benchmarks.speed import servers
from tests.benchmarks.speed.bench import Bench
from tests.benchmarks.speed.contest import compete
from tests.benchmarks.speed.loads import Load
from tests.benchmarks.speed.parts.beside import SAMPLES, about, controls, sampled
from tests.benchmarks.speed.section import Section
from tests.services import redis_server

CONNECTIONS = 32
WORKERS = 2
P90, P99 = 7.0, 20.0
"""Milliseconds that a rate must keep to be called kept."""


def scale(bench: Bench) -> Section:
    """Each rate on the service and on the typed control (one worker), in turns."""
    home, effort = bench.large(), bench.effort
    count = int(sum(effort.rates) * effort.seconds * 2 * effort.rounds) + SAMPLES
    call = next(home.questions.pages(1, stream=1))
    title = f"`POST /v1/page`, {home.size.items:,} items, {WORKERS} workers, state in Redis"
    section = Section(title, "open loop at constant rates, times from the moment a call was due")
    with ExitStack() as stack:
        url = stack.enter_context(redis_server())
        server = stack.enter_context(servers.product(home.path, call, workers=WORKERS, VITRINE_REDIS_URL=url))
        messages = bench.calls("scale", home.questions.pages(count))
        answers = sampled(server, messages)
        typed, _ = stack.enter_context(controls(bench, answers, call))
        for rate in effort.rates:
            load = Load(effort.seconds, CONNECTIONS, rate)
            rows = [standing.row() for standing in compete([server, typed], load, messages, effort.rounds)]
            section.rows += [{**row, "name": f"{row['name']}, {rate} calls/s"} for row in rows]
    section.facts.update(about(answers))
    kept = [rate for rate, row in zip(effort.rates, section.rows[::2], strict=True) if _is_kept(row)]
    section.facts[f"highest rate with p90 < {P90:g} ms, p99 < {P99:g} ms and no error"] = max(kept, default="none")
    return section


def _is_kept(row: dict[str, Any]) -> bool:
    return bool(row["p90"] < P90 and row["p99"] < P99 and row["errors"] == 0)
