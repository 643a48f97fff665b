"""How far Spark is, as its own status tracker tells."""

import threading
from typing import Final

from pyspark import SparkContext, SparkStageInfo

from training.planning import Progress

SECONDS: Final = 0.5
"""Between two looks."""
HALF_AT: Final = 20
"""Jobs of a step after which it is taken to be half done: how many there will be, nobody knows beforehand."""


class Watch:
    """Looks at the jobs of an application, and tells of them until it is stopped."""

    def __init__(self, context: SparkContext) -> None:
        self._tracker = context.statusTracker()
        self._tell: Progress | None = None
        self._before = 0
        self._changing = threading.Lock()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look, name="spark-progress", daemon=True)
        self._thread.start()

    def follow(self, progress: Progress) -> None:
        """Tell of the jobs that begin from now on; the share only grows."""
        with self._changing:
            self._before = len(self._jobs())
            self._tell = progress

    def stop(self) -> None:
        """End looking."""
        self._tell = None
        self._ended.set()
        self._thread.join()

    def look(self) -> None:
        """Tell once."""
        stages = self._stages()
        if self._tell is None or not stages:
            return
        done, of = sum(one.numCompletedTasks for one in stages), sum(one.numTasks for one in stages)
        jobs = len(self._jobs()) - self._before - 1 + done / max(of, 1)
        self._tell(f"Spark: {stages[-1].name.split(' at ')[0]}, {done} of {of} tasks", share(max(jobs, 0.0)))

    def _look(self) -> None:
        while not self._ended.wait(SECONDS):
            with self._changing:
                self.look()

    def _jobs(self) -> list[int]:
        return [*self._tracker.getJobIdsForGroup(None)]

    def _stages(self) -> list[SparkStageInfo]:
        found = (self._tracker.getStageInfo(one) for one in self._tracker.getActiveStageIds())
        return [one for one in found if one is not None]


def share(jobs: float) -> float:
    """How much of a step is done after so many jobs."""
    return jobs / (jobs + HALF_AT)
