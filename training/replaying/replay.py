"""Logged pages answered again by the engine: as they were, and as a candidate would have answered them."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import polars as pl

from recommender.engine.snapshot import Snapshot
from recommender.errors import InputError
from recommender.events import schema
from recommender.events.log import EventLog
from recommender.experiments.assigning import as_drawn
from recommender.records import Records
from recommender.replay.answer import Answer
from recommender.replay.asked import Asked as Logged
from recommender.retention.arming import why_not
from recommender.retention.reason import Reason
from recommender.training import CleaningConfig
from recommender.workspace import ShopFolder
from training.measuring.currencies import Currencies
from training.measuring.orders import orders
from training.measuring.robots import robots
from training.replaying.candidate import NOTHING, Candidate, Shop, again, choices
from training.replaying.differences import Differences
from training.replaying.earnings import Line, earnings
from training.replaying.pages import LoggedPage, logged_pages
from training.replaying.rewards import rewards
from training.replaying.stages import Stages, Why

CROWDED = "too many experiments take part in its page, or one that shows two lists in one"
CHANGED = "it is not answered with the same lists again"
"""Why nothing is estimated from a page, beside robots' visits."""
ROBOT = "a robot asked for it"

EVALUATED = (
    "What the candidate would have earned is estimated from {pages:,} pages of {visitors:,} visitors that are answered"
    " again with the lists that they were shown. A page, or one showcase of it, tells of the candidate where the"
    " candidate might show the very same titles and items, and counts by how much likelier it would than the"
    " experiments that ran."
)
"""What the figures are of."""

Progress = Callable[[str, float], None]


@dataclass(frozen=True)
class Asked:
    """What is to be answered again."""

    until: datetime
    days: int = 7
    limit: int = 5_000
    """The most pages; of more so many are drawn by chance."""
    candidate: Candidate = NOTHING
    currency: str | None = None
    """Of estimated revenue; left out: that of most orders."""
    most_events_a_day: int = CleaningConfig().max_events_a_day
    """Whoever browses more is a robot."""
    seed: int = 1
    """Of folds and bootstrap."""


@dataclass
class _Replay:
    shop: Shop
    stages: Stages
    candidate: Candidate
    same: Counter[str] = field(default_factory=Counter)
    """Pages with the same bytes, the same lists, or others."""
    why: Counter[Why] = field(default_factory=Counter)
    """Pages that are not byte by byte the same."""
    differences: Differences = field(default_factory=Differences)
    lines: list[Line] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)
    """Pages of which nothing is estimated."""
    _other: tuple[Snapshot, Snapshot] | None = None

    def take(self, page: LoggedPage) -> None:
        """Answer one page as it was, and compare; then as the candidate would have."""
        stage = self.stages.stage(page.asked)
        if isinstance(stage, Why):
            self.why[stage] += 1
            return
        before = again(self.shop, page.asked, stage, page.asked.variants)
        self._compare(page, before, stage)
        if not self.candidate.nothing:
            self._try(page, before, stage)

    def _compare(self, page: LoggedPage, before: Answer, stage: Snapshot) -> None:
        same = before.digest == page.answer.digest and before.armed == page.answer.armed
        lists = "lists" if before.same_lists(page.answer) else "other"
        self.same["bytes" if same else lists] += 1
        if not same:
            self.why[self.stages.why(page.asked, page.answer, stage)] += 1

    def _try(self, page: LoggedPage, before: Answer, stage: Snapshot) -> None:
        asked, other = page.asked, self._beside(stage)
        variants = self.candidate.variants(self.shop, asked)
        after = again(self.shop, asked, other, variants)
        self.differences.count(
            before, after, self._reasons(asked, stage, asked.variants), self._reasons(asked, other, variants)
        )
        if not page.answer.shown:
            return
        if not before.same_lists(page.answer):
            self.left_out[CHANGED] += 1
            return
        logged = self.candidate.configuration is None
        try:
            possible = choices(self.shop, asked, stage, asked.variants, before, as_logged=True)
            wanted = choices(self.shop, asked, other, variants, after, as_logged=logged)
        except InputError:
            self.left_out[CROWDED] += 1
            return
        self.lines.append(Line(page.request_id, page.visitor_id, page.answer.shown, possible, wanted))

    def _reasons(self, asked: Logged, stage: Snapshot, variants: Mapping[str, str]) -> Mapping[str, Reason | None]:
        own = as_drawn(stage.configuration, self.shop.name, asked.visitor.visitor_id, variants).configuration
        return why_not(stage, own, asked.visitor, asked.told, asked.now)

    def _beside(self, stage: Snapshot) -> Snapshot:
        """The candidate's, made once for all pages of a stage: what it works out of its catalogue is kept."""
        if self._other is None or self._other[0] is not stage:
            self._other = stage, self.candidate.stage(stage)
        return self._other[1]


def replay(folder: ShopFolder, records: Records, asked: Asked, progress: Progress | None = None) -> dict[str, Any]:
    """What the engine answers to logged pages now, beside what it answered then, as JSON values.

    Args:
        folder: the shop's files.
        records: its catalogue and configurations.
        asked: which pages, and what candidate.
        progress: told how far it is.
    """
    log, since, name = EventLog(folder), asked.until - timedelta(days=asked.days), folder.path.name
    shop = Shop(name, records.weights.of(name))
    with log.reading():
        rows = log.scan()
        found = logged_pages(rows, since, asked.until, asked.limit)
        oldest = min((page.asked.catalog for page in found.pages), default=0)
        work = _Replay(shop, Stages(folder, records, oldest), asked.candidate)
        for done, page in enumerate(found.pages):
            if progress is not None and done % 20 == 0:
                progress("answering pages again", done / len(found.pages))
            work.take(page)
        told = {
            "shop": name,
            "since": since,
            "until": asked.until,
            "logged": found.there,
            "sampled": len(found.pages) + found.unreadable,
            "of_another_format": found.unreadable,
            "answered": work.same.total(),
            "same": {name: work.same[name] for name in ("bytes", "lists", "other")},
            "why": {str(why): count for why, count in sorted(work.why.items())},
        }
        if asked.candidate.nothing:
            return told
        return told | {
            "candidate": work.differences.document(),
            "estimate": _estimate(rows.filter(pl.col(schema.TIMESTAMP) > since), work, asked),
        }


def _estimate(log: pl.LazyFrame, work: _Replay, asked: Asked) -> dict[str, Any]:
    found = set(robots(log, asked.most_events_a_day))
    people = [line for line in work.lines if line.visitor_id not in found]
    left_out = work.left_out + Counter({ROBOT: len(work.lines) - len(people)})
    money = Currencies.of(log, asked.currency)
    bought, _ = money.in_one(orders(log, {}))
    became = rewards(log, bought, {line.request_id for line in people})
    visitors = len({line.visitor_id for line in people})
    return {
        "evaluated": EVALUATED.format(pages=len(people), visitors=visitors),
        "currency": money.reported,
        "left_out": {why: count for why, count in sorted(left_out.items()) if count},
        **earnings(people, became, seed=asked.seed),
    }
