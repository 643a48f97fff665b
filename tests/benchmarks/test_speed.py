import asyncio
import json
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from itertools import cycle
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from typing import Any

import httpx
import numpy as np
import pytest
import uvicorn
from hypothesis import given
from hypothesis import strategies as st
from starlette.types import ASGIApp
from uvicorn.config import HTTP_PROTOCOLS
from uvicorn.importer import import_from_string

from api.commands.serve import serve
from api.routes.page import PageRequest
from recommender.configuration import default_configuration
from tests.benchmarks.speed import calls, contest, controls, loads, report
from tests.benchmarks.speed.bench import FULL
from tests.benchmarks.speed.contest import Ratio, Standing
from tests.benchmarks.speed.generator import length
from tests.benchmarks.speed.latencies import SHARES, Outcome, percentiles
from tests.benchmarks.speed.loads import Load, outcome
from tests.benchmarks.speed.machine import machine
from tests.benchmarks.speed.parts import PARTS
from tests.benchmarks.speed.parts.capacity import fitted
from tests.benchmarks.speed.profile import profiled
from tests.benchmarks.speed.questions import PLACEMENTS, Questions, batch, page
from tests.benchmarks.speed.section import Section
from tests.benchmarks.speed.servers import Server
from tests.benchmarks.synthetic.files import Size

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
CALL = calls.get("/", "pk")
Answering = Callable[[asyncio.StreamWriter], Awaitable[None]]


@contextmanager
def answering(answer: Answering) -> Iterator[int]:
    """A server that does the same with every call; yields its port."""
    loop = asyncio.new_event_loop()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                await answer(writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = loop.run_until_complete(asyncio.start_server(connected, "127.0.0.1", 0))
    thread = Thread(target=loop.run_forever)
    thread.start()
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        asyncio.run_coroutine_threadsafe(_close(server), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _close(server: asyncio.Server) -> None:
    server.close()
    others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


@pytest.fixture
def messages(tmp_path: Path) -> Path:
    return calls.write(tmp_path / "calls", [CALL])


class TestPercentiles:
    def test_of_a_thousand_answers_the_500th_900th_990th_and_999th_count(self) -> None:
        taken = np.random.default_rng(1).permutation(np.arange(1, 1001)) / 1000
        assert percentiles(taken) == pytest.approx({"p50": 500, "p90": 900, "p99": 990, "p99.9": 999})

    def test_one_answer_is_every_percentile(self) -> None:
        assert set(percentiles(np.array([0.25])).values()) == {250.0}

    def test_without_answers_there_are_none(self) -> None:
        assert all(np.isnan(value) for value in percentiles(np.array([])).values())

    @given(st.lists(st.floats(0, 100), min_size=1))
    def test_at_least_that_share_came_within_it_and_it_is_one_of_the_times(self, seconds: list[float]) -> None:
        taken = np.array(seconds)
        for name, value in percentiles(taken).items():
            assert value in 1000 * taken
            assert (1000 * taken <= value).mean() >= SHARES[name]


class TestCalls:
    @given(st.lists(st.binary(max_size=40)))
    def test_a_file_gives_back_what_was_written(self, messages: list[bytes]) -> None:
        with TemporaryDirectory() as folder:
            assert calls.read(calls.write(Path(folder) / "calls", messages)) == messages

    def test_a_post_says_how_long_it_is(self) -> None:
        head, _, body = calls.post("/v1/page", {"a": "ä"}, "pk_1").partition(b"\r\n\r\n")
        assert head.startswith(b"POST /v1/page HTTP/1.1\r\n")
        assert b"\r\nX-Vitrine-Key: pk_1\r\n" in head
        assert length(head) == len(body) == len('{"a":"ä"}'.encode())


class TestOpenLoop:
    def test_a_call_that_waits_for_the_server_counts_its_waiting(self, messages: Path) -> None:
        pause = 0.04

        async def slowly(writer: asyncio.StreamWriter) -> None:
            await asyncio.sleep(pause)
            writer.write(ANSWER)

        with answering(slowly) as port:
            rows = Load(0.5, 1, 50).taken(port, messages).rows
        due, sent, done, status = rows.T
        assert due.tolist() == pytest.approx([number / 50 for number in range(25)])
        assert (status == 200).all()
        # One connection, one call at a time: the n-th answer cannot come before n pauses, though calls come each 20 ms.
        assert (done >= pause * np.arange(1, 26) * 0.99).all()
        assert (done - due)[-1] >= 25 * pause * 0.99 - due[-1] > 5 * pause
        assert (sent[1:] >= done[:-1]).all()

    def test_other_statuses_and_broken_connections_are_errors_and_the_load_goes_on(self, messages: Path) -> None:
        turns = cycle(range(3))

        async def badly(writer: asyncio.StreamWriter) -> None:
            turn = next(turns)
            if turn == 0:
                writer.write(ANSWER)
            elif turn == 1:
                writer.write(b"HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n")
            else:
                writer.close()

        with answering(badly) as port:
            rows = Load(0.6, 2, 100).taken(port, messages).rows
        assert len(rows) == 60
        assert set(rows[:, 3]) == {0, 200, 503}
        assert np.bincount(rows[:, 3].astype(int))[[0, 200, 503]].tolist() == [20, 20, 20]

    def test_the_rate_is_what_was_asked_for_however_fast_the_server_is(self, messages: Path) -> None:
        async def at_once(writer: asyncio.StreamWriter) -> None:
            writer.write(ANSWER)

        with answering(at_once) as port:
            found = Load(1.0, 4, 200).on(port, messages)
        assert (found.answers, found.errors) == (200, 0)


class TestClosedLoop:
    @pytest.mark.parametrize("wrk", [True, False])
    def test_both_generators_say_the_same_of_a_server(
        self, messages: Path, wrk: bool, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def slowly(writer: asyncio.StreamWriter) -> None:
            await asyncio.sleep(0.02)
            writer.write(ANSWER)

        monkeypatch.setattr(loads, "has_wrk", lambda: wrk and has_wrk())
        with answering(slowly) as port:
            found = Load(1.0, 2).on(port, messages)
        assert found.errors == 0
        assert 0 < found.answers <= 2 * found.seconds / 0.02 + 2
        assert found.milliseconds["p50"] >= 20

    def test_wrk_counts_other_statuses(self, messages: Path) -> None:
        async def refuse(writer: asyncio.StreamWriter) -> None:
            await asyncio.sleep(0.01)
            writer.write(b"HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n")

        with answering(refuse) as port:
            found = Load(1.0, 1).on(port, messages)
        assert found.answers == 0 < found.errors


has_wrk = loads.has_wrk


class TestOutcome:
    def test_good_answers_count_from_when_they_were_due(self) -> None:
        rows = np.array([[0.0, 0.1, 0.3, 200], [0.5, 0.5, 0.6, 202], [0.6, 0.6, 0.7, 500], [0.7, 0.0, 0.0, 0]])
        found = outcome(rows, 1.0)
        assert (found.answers, found.errors, found.rate) == (2, 2, 2.0)
        assert found.milliseconds["p50"] == pytest.approx(100)
        assert found.milliseconds["p99"] == pytest.approx(300)

    def test_answers_after_the_end_make_the_load_longer(self) -> None:
        assert outcome(np.array([[0.9, 0.9, 2.0, 200]]), 1.0).rate == 0.5

    def test_processor_time_is_of_one_answer(self) -> None:
        assert Outcome(1.0, 50, 0, {}, cpu_seconds=0.1).cpu_milliseconds == pytest.approx(2.0)


def standing(name: str, *rates: int) -> Standing:
    times = dict.fromkeys(SHARES, 1.0)
    return Standing(name, [Outcome(1.0, rate, 0, times) for rate in rates])


class TestContest:
    def test_a_ratio_is_of_the_same_round(self) -> None:
        ratio = Ratio.of(standing("vitrine", 50, 90, 40), standing("typed", 100, 100, 50))
        assert (ratio.median, ratio.lowest, ratio.highest) == (0.8, 0.5, 0.9)
        assert str(ratio) == "0.80 (0.50 to 0.90 over the rounds)"

    def test_everybody_plays_each_round_and_begins_in_turns_with_new_calls(
        self, messages: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        played: list[tuple[int, float, int]] = []

        class Noted(Load):
            def on(self, port: int, calls: Path, offset: int = 0) -> Outcome:
                played.append((port, self.seconds, offset))
                return Outcome(self.seconds, 10 * port, 0, dict.fromkeys(SHARES, 1.0))

        monkeypatch.setattr(Server, "cpu_seconds", lambda self: 0.0)
        monkeypatch.setattr(Server, "memory", lambda self: contest.NOTHING)
        servers = [Server(name, port, 0, 0.0) for name, port in (("a", 1), ("b", 2), ("c", 3))]
        found = contest.compete(servers, Noted(9.0, 5), messages, rounds=2)
        assert [one.rates for one in found] == [[10 / 9] * 2, [20 / 9] * 2, [30 / 9] * 2]
        assert played[:3] == [(port, contest.WARM_SECONDS, 0) for port in (1, 2, 3)]
        assert played[3:] == [(1, 9.0, 10), (2, 9.0, 20), (3, 9.0, 30), (2, 9.0, 45), (3, 9.0, 65), (1, 9.0, 25)]


class TestSection:
    def test_it_is_a_table_with_its_load_ratios_and_facts(self) -> None:
        found = Section.of("Pages", "closed loop", [standing("vitrine", 1500, 1400), standing("typed", 3000, 2800)])
        found.facts["bytes"] = 1234
        text = found.markdown()
        assert text.startswith("### Pages\n\nclosed loop.\n\n| | answers/s |")
        assert "| vitrine | 1,450 | 1 | 1 | 1 | 1 |" in text
        assert "- vitrine ÷ typed: 0.50 (0.50 to 0.50 over the rounds)" in text
        assert "- bytes: 1,234" in text


class TestReport:
    def test_a_run_leaves_json_a_table_and_a_picture_that_say_which_machine(self, tmp_path: Path) -> None:
        found = Section.of("Pages", "closed loop", [standing("vitrine", 2), standing("typed", 3)])
        report.write(tmp_path, machine(), asdict(FULL), {"page": found, "start": Section("Start", facts={"s": 1.5})})
        document = json.loads((tmp_path / "results.json").read_text())
        assert document["options"]["large_config"] == "brief.json"
        assert document["parts"]["start"]["facts"] == {"s": 1.5}
        table = (tmp_path / "results.md").read_text()
        assert f"Python {document['machine']['python']}" in table
        assert table.index("### Pages") < table.index("### Start")
        assert "<svg" in (tmp_path / "results.svg").read_text()


class TestProfile:
    def test_it_counts_the_calls_of_one_piece_of_work(self) -> None:
        def piece() -> None:
            sorted([3, 1, 2])

        lines = profiled(lambda: [piece() for _ in range(4)] and None, 4)
        (found,) = [line for line in lines if line.endswith(" piece")]
        assert float(found.split()[0]) == 1.0
        assert "tests/benchmarks/test_speed.py:" in found
        (sort,) = [line for line in lines if "sorted" in line]
        assert float(sort.split()[1]) <= float(found.split()[2])


class TestCosts:
    def test_totals_are_taken_apart_and_what_nobody_measured_is_left_out(self) -> None:
        assert fitted([(1, 10), (1, 100), (1, 1)], [30, 210, None]) == pytest.approx([10, 2])

    def test_none_is_below_nothing_and_relative_errors_count(self) -> None:
        assert fitted([(1, 1), (1, 100)], [1, 1000]) == pytest.approx([0, 1.1 / 1.01])


class TestQuestions:
    @pytest.fixture
    def questions(self) -> Questions:
        return Questions(Size(500, 5_000), "pk")

    def test_every_visitor_comes_once_with_five_items_and_the_product_takes_the_call(
        self, questions: Questions
    ) -> None:
        bodies = [json.loads(call.partition(b"\r\n\r\n")[2]) for call in questions.pages(300)]
        asked = [PageRequest.model_validate(body) for body in bodies]
        assert len({one.visitor_id for one in asked}) == len(asked) == 300
        assert len({tuple(row.item_id for row in one.session) for one in asked}) > 290
        assert {len(one.session) for one in asked} == {5}
        assert [controls.PageBody.model_validate(body).visitor_id for body in bodies] == [
            one.visitor_id for one in asked
        ]

    def test_the_placements_are_those_of_a_new_shop(self) -> None:
        assert set(PLACEMENTS) <= {one.id for one in default_configuration().placements}
        assert page(["i1", "i2"], "v")["page"]["item_id"] == "i2"

    def test_similar_items_are_asked_for_over_the_whole_catalogue(self, questions: Questions) -> None:
        paths = [call.split(b" ", 2)[1] for call in questions.similar(10_000)]
        assert len(set(paths)) == 500

    def test_streams_differ_and_repeat(self, questions: Questions) -> None:
        assert list(questions.batches(3)) == list(questions.batches(3))
        assert list(questions.pages(3)) != list(questions.pages(3, stream=1))


def answers(app: ASGIApp, method: str, path: str, **body: Any) -> httpx.Response:
    async def asked() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://shop.example") as client:
            return await client.request(method, path, **body)

    return asyncio.run(asked())


class TestControls:
    def test_they_run_under_the_server_settings_of_the_product(self, monkeypatch: pytest.MonkeyPatch) -> None:
        given_: dict[str, Any] = {}
        monkeypatch.setattr(uvicorn, "run", lambda app, **settings: given_.update(settings))
        serve()
        protocol = import_from_string(given_["http"])
        assert issubclass(protocol, import_from_string(HTTP_PROTOCOLS[controls.SERVER["http"]]))
        assert {name: given_[name] for name in controls.SERVER} == controls.SERVER | {"http": given_["http"]}

    def test_the_typed_one_checks_and_returns_the_bytes(self) -> None:
        app = controls.typed(cycle([b'{"a":1}']))
        assert answers(app, "GET", "/v1/similar/i1?limit=12").content == b'{"a":1}'
        assert answers(app, "GET", "/v1/similar/i1?limit=0").status_code == 422
        assert answers(app, "POST", "/v1/page", json=page(["i1"], "v")).content == b'{"a":1}'
        assert answers(app, "POST", "/v1/page", json={"visitor_id": "v"}).status_code == 422
        assert answers(app, "POST", "/v1/events", json=batch([1], "v")).status_code == 202
        assert answers(app, "POST", "/v1/events", json=[{"event": "view_item"}]).status_code == 422

    def test_the_bare_one_returns_the_bytes_for_anything(self) -> None:
        app = controls.bare(cycle([b"1", b"2"]))
        assert answers(app, "GET", "/v1/similar/i1").content == b"1"
        assert answers(app, "POST", "/v1/page", json={}).content == b"2"


def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "tests.benchmarks", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


class TestCommand:
    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (
                ["pages"],
                f"'pages' is not a part; parts are {', '.join(PARTS)}",
            ),
            (["--rounds", "0"], "--rounds: 0 is not allowed; use more than 0"),
            (["--home", "/nowhere"], "/nowhere is no ready shop; make one with python -m tests.benchmarks.synthetic"),
        ],
    )
    def test_what_cannot_be_run_is_refused(self, arguments: list[str], message: str) -> None:
        refused = run(*arguments)
        assert refused.returncode == 2
        assert message in refused.stderr

    def test_help_lists_the_parts(self) -> None:
        shown = run("--help").stdout
        assert all(f"  {name} " in shown for name in PARTS)

    @pytest.mark.slow
    @pytest.mark.redis
    @pytest.mark.timeout(900)
    def test_every_part_has_an_outcome_of_its_shape(self, tmp_path: Path) -> None:
        done = run("--quick", "--rounds", "1", "--to", str(tmp_path))
        assert done.returncode == 0, done.stderr
        document = json.loads((tmp_path / "results.json").read_text())
        assert set(document["parts"]) == set(PARTS)
        for name in ("similar", "page", "page-redis", "events"):
            part = document["parts"][name]
            assert [row["name"] for row in part["rows"]] == ["vitrine", "typed", "bare"]
            assert [row["errors"] for row in part["rows"]] == [0, 0, 0]
            assert all(0 < row["p50"] <= row["p90"] <= row["p99"] <= row["p99.9"] for row in part["rows"])
            assert [ratio["name"] for ratio in part["ratios"]] == ["vitrine ÷ typed", "vitrine ÷ bare"]
            assert part["load"].startswith("closed loop")
        assert document["parts"]["page"]["facts"]["showcases of a page, mean"] == 3
        assert document["parts"]["scale"]["load"].startswith("open loop")
        assert document["parts"]["swap"]["facts"]["failed calls"] == 0
        assert "three showcases after rules, ms" in document["parts"]["engine"]["facts"]
        assert "start to first answer, s, median" in document["parts"]["start"]["facts"]
        assert all("foretold" in fact for fact in document["parts"]["capacity"]["facts"].values())
        many = document["parts"]["shops"]
        assert [(row["errors"], row["answers"] > 0) for row in many["rows"]] == [(0, True)] * 3
        assert {"2,000 items, inverted: files, MB", "2,000 items, quantised: files, MB"} <= document["parts"]["index"][
            "facts"
        ].keys()
        assert document["machine"]["cores"] >= 1
        assert (tmp_path / "results.svg").read_text().startswith("<?xml")
        assert "### `POST /v1/page`" in (tmp_path / "results.md").read_text()
