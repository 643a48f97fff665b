"""`POST /v1/page`: three showcases for a session of five items; every visitor and every session come once."""

from contextlib import ExitStack

from tests.benchmarks.speed import servers
from tests.benchmarks.speed.bench import Bench
from tests.benchmarks.speed.contest import compete
from tests.benchmarks.speed.loads import Load
from tests.benchmarks.speed.parts.beside import SAMPLES, about, controls, sampled
from tests.benchmarks.speed.section import Section
from tests.services import redis_server

MOST_A_SECOND = 2_000


def page(bench: Bench) -> Section:
    """One worker with state in the process, beside the controls."""
    return _page(bench, "state in the process", redis=False)


def page_redis(bench: Bench) -> Section:
    """One worker with state in Redis, beside the controls."""
    return _page(bench, "state in Redis", redis=True)


def _page(bench: Bench, state: str, *, redis: bool) -> Section:
    home, effort = bench.usual(), bench.effort
    count = int(MOST_A_SECOND * effort.seconds * effort.rounds) + SAMPLES
    messages = bench.calls("page", home.questions.pages(count))
    call = next(home.questions.pages(1, stream=1))
    load = Load(effort.seconds, effort.connections)
    with ExitStack() as stack:
        settings = {"VITRINE_REDIS_URL": stack.enter_context(redis_server())} if redis else {}
        server = stack.enter_context(servers.product(home.path, call, **settings))
        answers = sampled(server, messages)
        others = stack.enter_context(controls(bench, answers, call))
        standings = compete([server, *others], load, messages, effort.rounds)
    title = f"`POST /v1/page`, {home.size.items:,} items, one worker, {state}"
    section = Section.of(title, load.describe(), standings)
    section.facts.update(about(answers))
    return section
