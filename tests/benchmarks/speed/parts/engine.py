"""The engine alone, in process, on the large shop: three showcases from a session of five items, rules included."""

import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from recommender.configuration import Configuration
from recommender.engine.engine import page as fill
from recommender.engine.engine import recommend
from recommender.engine.page import Page, PageType
from recommender.engine.request import Interaction, Query, Visitor
from recommender.engine.snapshot import Snapshot
from recommender.models.threads import one_blas_thread
from recommender.records import Records
from recommender.strategy import Strategy
from recommender.workspace import Workspace
from tests.benchmarks.shop import NAME
from tests.benchmarks.speed.bench import Bench, Home
from tests.benchmarks.speed.latencies import percentiles
from tests.benchmarks.speed.profile import profiled
from tests.benchmarks.speed.questions import PLACEMENTS
from tests.benchmarks.speed.section import Section
from training.snapshots import served

RULES = {
    "rules": [
        {"id": "recalled", "exclude": {"item_ids": ["i1", "i2", "i3"]}},
        {"id": "dear-first", "boost": {"filter": {"price": {"min": 50}}, "factor": 1.2}},
        {"id": "black-later", "bury": {"filter": {"colour": "black"}, "factor": 0.8}},
        {"id": "mixed", "max_per": {"brand": 4}},
    ]
}
"""Rules as a shop may have them; all of them hold on every page."""
WARM = 100
PROFILED = 500
"""Pages at most."""


def engine(bench: Bench) -> Section:
    """Times of whole pages with and without rules, and of the lists that they are made of."""
    home, asked = bench.large(), bench.effort.asked
    began = time.perf_counter()
    plain = _snapshot(home)
    opened = time.perf_counter() - began
    ruled = replace(plain, configuration=Configuration.parse(RULES))
    sessions = list(home.questions.sessions(asked + WARM))
    section = Section(f"The engine alone, {home.size.items:,} items, one thread")
    facts = {
        "three showcases after rules": _times(lambda session: _page(ruled, session), sessions),
        "three showcases without rules": _times(lambda session: _page(plain, session), sessions),
    }
    for strategy in (Strategy.SIMILAR, Strategy.BOUGHT_TOGETHER, Strategy.FOR_YOU):
        facts[f"{strategy} alone"] = _times(lambda session, one=strategy: _list(plain, session, one), sessions)
    section.facts = {f"{name}, ms": told for name, told in facts.items()} | {"opening the shop, s": round(opened, 2)}
    some = sessions[-min(asked, PROFILED) :]
    section.profile = profiled(lambda: _pages(ruled, some), len(some))
    return section


def _snapshot(home: Home) -> Snapshot:
    workspace = Workspace(home.path)
    records = Records.open(workspace.records_url)
    try:
        return served(workspace.shop(NAME), records)
    finally:
        records.close()


def _visitor(session: list[str]) -> Visitor:
    return Visitor("visitor", session=tuple(Interaction(item) for item in session))


def _page(snapshot: Snapshot, session: list[str]) -> None:
    page = Page(PageType.PRODUCT, session[-1])
    fill(snapshot, _visitor(session), page, PLACEMENTS, snapshot.models.data_end)


def _pages(snapshot: Snapshot, sessions: list[list[str]]) -> None:
    with one_blas_thread():
        for session in sessions:
            _page(snapshot, session)


def _list(snapshot: Snapshot, session: list[str], strategy: Strategy) -> None:
    seeds = () if strategy is Strategy.FOR_YOU else (session[-1],)
    recommend(snapshot, _visitor(session), Query(strategy, seeds), snapshot.models.data_end)


def _times(answer: Callable[[list[str]], None], sessions: list[list[str]]) -> str:
    taken = []
    with one_blas_thread():
        for session in sessions:
            began = time.perf_counter()
            answer(session)
            taken.append(time.perf_counter() - began)
    return ", ".join(f"{name} {value:.2f}" for name, value in percentiles(np.array(taken[WARM:])).items())
