"""Everything that is counted equals plain SQL over the same log."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.events.log import EventLog
from recommender.workspace import ShopFolder
from tests.training.behaviour import sql
from tests.training.measuring.logs import START, table
from training.behaviour.cohorts import Cohorts, Every, cohorts, customers_orders
from training.behaviour.funnel import Funnel
from training.behaviour.origins import By
from training.behaviour.paths import To
from training.behaviour.reading import Behaviour
from training.behaviour.steps import steps
from training.behaviour.window import Window
from training.orders import vouched

WHOLE = Window(START - timedelta(days=1), START + timedelta(days=400))
NOBODY = pl.Series([], dtype=pl.String)
STEPS = ["page_view:category", "view_item", "add_to_cart", "purchase"]


def behaviour(log: pl.LazyFrame) -> Behaviour:
    return Behaviour(log, WHOLE, robots=NOBODY)


def of(rows: pa.Table) -> Behaviour:
    return behaviour(pl.from_arrow(rows).lazy())  # type: ignore[union-attr]


def told(rows: list[tuple[Any, ...]], names: list[str]) -> dict[str, Any]:
    """The figures of a funnel, out of one row a unit."""
    count, last = len(names), rows and len(rows[0]) - 1
    reached = [sum(row[1] > place for row in rows) for place in range(count)]
    times = [
        np.array([(row[3 + place] - row[2 + place]) / 1e6 for row in rows if row[1] > place + 1])
        for place in range(count - 1)
    ]
    instead = [Counter(row[last] for row in rows if row[1] == place + 1) for place in range(count - 1)]
    return {"reached": reached, "times": times, "instead": instead}


def same(group: dict[str, Any], rows: list[tuple[Any, ...]], names: list[str]) -> None:
    """A group of a funnel has just these units."""
    expected = told(rows, names)
    assert [step["count"] for step in group["steps"]] == expected["reached"]
    for step, times, instead in zip(group["steps"], expected["times"], expected["instead"], strict=False):
        found = step["seconds_to_next"]
        quartiles = None if found is None else [*found.values()]
        assert quartiles == (pytest.approx(np.quantile(times, [0.25, 0.5, 0.75]), rel=1e-6) if len(times) else None)
        assert Counter({one["did"]: one["count"] for one in step["instead"]}) == instead


EVENTS = st.lists(
    st.fixed_dictionaries(
        {
            "event": st.sampled_from(["view_item", "add_to_cart", "purchase", "page_view", "view_item_list", "search"]),
            "at": st.integers(0, 60).map(lambda ten: ten / 144),
            "order_id": st.sampled_from(["1", "2", None]),
            "verified": st.booleans(),
            "visitor_id": st.sampled_from(["v", "v", "w", None]),
            "customer_id": st.sampled_from([None, None, "ann", "bob"]),
            "session_id": st.sampled_from([None, None, "s1", "s2"]),
            "extra": st.sampled_from([{"type": "category"}, {"type": "home", "device": "phone"}, {"device": "tablet"}]),
        }
    ),
    max_size=14,
)


@settings(max_examples=15, deadline=None)
@given(EVENTS)
def test_sessions_funnels_and_paths_of_any_log_are_those_of_sql(events: list[dict[str, Any]]) -> None:
    rows = table(*sorted(events, key=lambda event: event["at"]))
    names = ["page_view", "view_item", "purchase"]
    found = of(rows).funnel(Funnel(tuple(steps(",".join(names))), (By.DEVICE,)))
    expected = sql.funnel(rows, names, by=sql.first_told("device"))
    same(found["groups"][0], expected, names)
    for group in found["groups"][1:]:
        same(group, [row for row in expected if row[0] == group["group"]], names)
    for to in To:
        ways = of(rows).paths(to, 3)
        assert {tuple(one["path"]): one["sessions"] for one in ways["paths"]} == sql.paths(rows, 3, to.value)


@settings(max_examples=12, deadline=None)
@given(EVENTS)
def test_the_best_try_of_every_person_within_some_time_is_that_of_sql(events: list[dict[str, Any]]) -> None:
    rows = table(*sorted(events, key=lambda event: event["at"]))
    names = ["view_item", "view_item", "purchase"]
    found = of(rows).funnel(Funnel(tuple(steps(",".join(names))), within=timedelta(hours=2)))
    same(found["groups"][0], sql.funnel(rows, names, within="2 hours"), names)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Parquet of fifty days: several files a day, told late and out of order, some orders told twice."""
    draw = np.random.default_rng(5)
    names = ["page_view", "view_item", "add_to_cart", "begin_checkout", "purchase", "view_item_list", "select_item"]
    events: list[dict[str, Any]] = []
    for visit in range(900):
        visitor, begin = f"v{draw.integers(250)}", draw.uniform(0, 50)
        account = {"customer_id": f"c{visitor}"} if draw.random() < 0.4 else {}
        named = {"session_id": f"s{visit}"} if draw.random() < 0.5 else {}
        for step in range(draw.integers(1, 9)):
            who = {"visitor_id": visitor, **account, **named, "at": begin + step * float(draw.exponential(0.003))}
            name = str(draw.choice(names, p=[0.3, 0.3, 0.13, 0.08, 0.08, 0.06, 0.05]))
            about = {"type": str(draw.choice(["home", "category"])), "device": str(draw.choice(["phone", "desktop"]))}
            events.append({"event": name, "verified": False, **who} | ({"extra": about} if name == "page_view" else {}))
            if name == "purchase":
                order = {"order_id": f"o{visit}-{step}", "value": float(draw.integers(5, 90)), "currency": "EUR"}
                events[-1] |= order
                server = {"event": name, **order, "customer_id": f"c{visitor}", "at": who["at"] + 0.0001}
                events.append(server)
                if draw.random() < 0.3:
                    events.append(server | {"at": who["at"] + 0.01})
    order = draw.permutation(len(events))
    folder = ShopFolder(tmp_path_factory.mktemp("shop"))
    rows = table(*(events[place] for place in order))
    for part in range(3):
        EventLog(folder).append(rows.slice(part * 2000, 2000), f"live-{part}")
    return folder.path


def read(files: Path) -> pl.LazyFrame:
    return EventLog(ShopFolder(files)).scan()


def every_file(files: Path) -> str:
    return f"{files}/log/*/*.parquet"


@pytest.mark.parametrize("by", [By.DEVICE, None])
def test_a_funnel_over_parquet_is_that_of_sql(files: Path, by: By | None) -> None:
    found = behaviour(read(files)).funnel(Funnel(tuple(steps(",".join(STEPS))), () if by is None else (by,)))
    expected = sql.funnel(every_file(files), STEPS, by=sql.first_told("device"))
    assert found["groups"][0]["steps"][2]["count"] > 10
    same(found["groups"][0], expected, STEPS)
    assert len(found["groups"]) == (1 if by is None else 3)
    for group in found["groups"][1:]:
        same(group, [row for row in expected if row[0] == group["group"]], STEPS)


def test_a_funnel_of_people_over_parquet_is_that_of_sql(files: Path) -> None:
    found = behaviour(read(files)).funnel(Funnel(tuple(steps(",".join(STEPS))), within=timedelta(days=7)))
    same(found["groups"][0], sql.funnel(every_file(files), STEPS, within="7 days"), STEPS)


@pytest.mark.parametrize("to", To)
def test_paths_over_parquet_are_those_of_sql(files: Path, to: To) -> None:
    found = behaviour(read(files)).paths(to, 4)
    expected = sql.paths(every_file(files), 4, to.value)
    assert (found["ending"], found["different"]) == (sum(expected.values()), len(expected))
    assert len(expected) > 20
    for one in found["paths"]:
        assert expected[tuple(one["path"])] == one["sessions"]


@pytest.mark.parametrize("every", Every)
@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/Los_Angeles"])
def test_cohorts_over_parquet_are_those_of_sql(files: Path, every: Every, zone: str) -> None:
    log = read(files)
    asked = Cohorts(datetime(2026, 1, 1, tzinfo=UTC), ZoneInfo(zone), every, 60)
    found = cohorts(customers_orders(log, vouched(log, {}), NOBODY), asked)
    cells = {
        (row["begins"], cell["after"]): (cell["customers"], cell["orders"], cell["revenue"])
        for row in found["cohorts"]
        for cell in row["periods"]
        if cell["orders"]
    }
    assert cells == sql.cohorts(every_file(files), every.value, zone)


def test_reading_in_turns_and_parts_changes_nothing(files: Path) -> None:
    visits = behaviour(read(files))._read()[2]
    whole = pl.concat(visits.parts())
    parts = [*visits.parts(rows=700, part=100)]
    assert len(parts) > 10
    count = sum(part["session"].n_unique() for part in parts)
    assert (sum(len(part) for part in parts), count) == (len(whole), whole["session"].n_unique())
    columns = ["who", "at", "label"]
    assert pl.concat(parts).sort(columns).select(columns).equals(whole.sort(columns).select(columns))
