"""Progress is what Spark's tracker says of its jobs."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from training.spark.watching import Watch, share


class Stage(NamedTuple):
    name: str
    numTasks: int  # noqa: N815 - as Spark spells it
    numCompletedTasks: int  # noqa: N815


class Tracker:
    """Of an application that is at its third job."""

    def __init__(self) -> None:
        self.jobs = [1]
        self.stages: dict[int, Stage | None] = {4: Stage("toArrow at counts.py:1", 8, 2), 5: None}

    def statusTracker(self) -> "Tracker":  # noqa: N802
        return self

    def getJobIdsForGroup(self, _group: None) -> list[int]:  # noqa: N802
        return self.jobs

    def getActiveStageIds(self) -> list[int]:  # noqa: N802
        return [*self.stages]

    def getStageInfo(self, number: int) -> Stage | None:  # noqa: N802
        return self.stages[number]


@pytest.fixture
def tracker() -> Tracker:
    return Tracker()


@pytest.fixture
def watch(tracker: Any) -> Iterator[Watch]:
    found = Watch(tracker)
    yield found
    found.stop()


def test_stages_at_work_are_told_with_their_tasks(tracker: Tracker, watch: Watch) -> None:
    told: list[tuple[str, float]] = []
    watch.follow(lambda doing, done: told.append((doing, done)))
    tracker.jobs = [1, 2, 3]

    watch.look()

    assert told[-1] == ("Spark: toArrow, 2 of 8 tasks", pytest.approx(share(1.25)))


def test_before_anybody_follows_nothing_is_told(watch: Watch) -> None:
    watch.look()


def test_a_step_is_never_done_before_it_ends() -> None:
    shares = [share(jobs) for jobs in (0, 1, 20, 400)]

    assert shares == sorted(shares)
    assert shares[0] == 0.0
    assert shares[2] == 0.5
    assert shares[-1] < 1
