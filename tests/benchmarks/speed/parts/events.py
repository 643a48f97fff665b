"""`POST /v1/events` in batches of ten, each answered when it is on the disk."""

from pathlib import Path
from tempfile import TemporaryDirectory

import orjson

from recommender.events.log import EventLog
from recommender.workspace import Workspace
from tests.benchmarks.shop import NAME
from tests.benchmarks.speed import servers
from tests.benchmarks.speed.bench import Bench
from tests.benchmarks.speed.contest import compete
from tests.benchmarks.speed.loads import Load
from tests.benchmarks.speed.parts.beside import controls
from tests.benchmarks.speed.questions import BATCH, Questions
from tests.benchmarks.speed.section import Section
from tests.benchmarks.synthetic.home import created

MOST_A_SECOND = 2_000
"""Batches."""


def events(bench: Bench) -> Section:
    """One worker beside the controls, in a new shop; afterwards the log must hold what was acknowledged."""
    effort = bench.effort
    load = Load(effort.seconds, effort.event_connections)
    answer = orjson.dumps({"accepted": BATCH, "rejected": []})
    with TemporaryDirectory(dir=bench.scratch) as folder:
        home = Path(folder)
        questions = Questions(effort.usual, created(home)["public_key"])
        count = int(MOST_A_SECOND * effort.seconds * effort.rounds)
        messages = bench.calls("events", questions.batches(count))
        (call,) = questions.batches(1, stream=1)
        with servers.product(home, call) as server, controls(bench, [answer], call) as others:
            standings = compete([server, *others], load, messages, effort.rounds)
        told = EventLog(Workspace(home).shop(NAME)).scan().select("event_id").unique().collect().height
    section = Section.of("`POST /v1/events`, batches of 10, one worker", load.describe(), standings)
    first = section.rows[0]
    section.facts["events/s, acknowledged on the disk"] = round(BATCH * first["rate"])
    section.facts["events acknowledged in the rounds"] = BATCH * first["answers"]
    section.facts["events in the log afterwards, those of the warm-up included"] = told
    if told < BATCH * first["answers"]:
        raise RuntimeError(f"{told} events are in the log, but {BATCH * first['answers']} were acknowledged")
    return section
