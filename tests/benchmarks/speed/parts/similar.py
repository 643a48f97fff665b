"""`GET /v1/similar` for items of the whole catalogue."""

from tests.benchmarks.speed import servers
from tests.benchmarks.speed.bench import Bench
from tests.benchmarks.speed.contest import compete
from tests.benchmarks.speed.loads import Load
from tests.benchmarks.speed.parts.beside import SAMPLES, about, controls, sampled
from tests.benchmarks.speed.section import Section

MOST_A_SECOND = 8_000


def similar(bench: Bench) -> Section:
    """One worker beside the controls."""
    home, effort = bench.usual(), bench.effort
    count = int(MOST_A_SECOND * effort.seconds * effort.rounds) + SAMPLES
    messages = bench.calls("similar", home.questions.similar(count))
    call = next(home.questions.similar(1))
    load = Load(effort.seconds, effort.connections)
    with servers.product(home.path, call) as server:
        answers = sampled(server, messages)
        with controls(bench, answers, call) as others:
            standings = compete([server, *others], load, messages, effort.rounds)
    section = Section.of(f"`GET /v1/similar`, {home.size.items:,} items, one worker", load.describe(), standings)
    section.facts.update(about(answers))
    return section
