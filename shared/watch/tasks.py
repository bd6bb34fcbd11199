"""What became of the jobs that a service repeats for as long as it lives, one status for each job."""

import time
from collections.abc import Callable

from shared.watch.metrics import TASK_FAILING_SECONDS, TASK_FAILURES, TASK_ITEM_FAILURES, TASK_LAST_SUCCESS, Metrics

BROKEN_SECONDS = 60.0
"""A service is not ready while one of its jobs has failed for longer than this."""
SLACK_SECONDS = 60.0
"""How much longer than its interval a job may take, unless it says otherwise."""


class TaskStatus:
    """The status of one job.

    A job fails partly when some of its items fail: then the rest was done, and the service stays ready.
    """

    def __init__(
        self,
        name: str,
        limit: float,
        metrics: Metrics | None = None,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self.name = name
        self._limit, self._metrics, self._clock, self._wall = limit, metrics, clock, wall
        self._ended_at = clock()
        self._failing_since: float | None = None
        self._broken_since: float | None = None
        self._export()

    def _export(self) -> None:
        """Let the counters begin at 0: an increase from nothing to 1 raises no alarm."""
        if self._metrics is None:
            return
        for counter in (TASK_FAILURES, TASK_ITEM_FAILURES):
            self._metrics[counter].labels(self.name)
        # Computed at each scrape, in a thread of its own: it also tells of an event loop that hangs.
        self._metrics[TASK_FAILING_SECONDS].labels(self.name).set_function(self.failing_seconds)
        self._metrics[TASK_LAST_SUCCESS].labels(self.name).set(self._wall())

    def succeeded(self) -> None:
        """All of it was done just now."""
        self._ended_at, self._failing_since, self._broken_since = self._clock(), None, None
        if self._metrics is not None:
            self._metrics[TASK_LAST_SUCCESS].labels(self.name).set(self._wall())

    def failed(self, *, partly: bool = False) -> None:
        """It was not done just now, or not for all of its items."""
        now = self._clock()
        self._failing_since = self._failing_since or now
        if partly:
            self._ended_at, self._broken_since = now, None
        else:
            self._broken_since = self._broken_since or now
        if self._metrics is not None:
            self._metrics[TASK_FAILURES].labels(self.name).inc()

    def item_failed(self) -> None:
        """One of the items that this job is made of failed."""
        if self._metrics is not None:
            self._metrics[TASK_ITEM_FAILURES].labels(self.name).inc()

    def failing_seconds(self) -> float:
        """For how long it has failed, or should have ended; 0 while it succeeds."""
        return self._seconds_since(self._failing_since)

    def is_broken(self) -> bool:
        """Whether the whole job has not been done for too long."""
        return self._seconds_since(self._broken_since) > BROKEN_SECONDS

    def _seconds_since(self, failure: float | None) -> float:
        now = self._clock()
        return max(now - self._ended_at - self._limit, now - failure if failure is not None else 0.0, 0.0)


class Tasks:
    """The jobs of one service instance."""

    def __init__(self, metrics: Metrics | None = None) -> None:
        self._metrics = metrics
        self._watched: list[TaskStatus] = []

    def watch(self, name: str, every: float, slack: float = SLACK_SECONDS) -> TaskStatus:
        """Add a job that is to be done at this interval, and takes no longer than `slack`."""
        status = TaskStatus(name, every + slack, self._metrics)
        self._watched.append(status)
        return status

    async def are_done(self) -> bool:
        """Whether every job is done as often as it should be."""
        return not self.broken()

    def broken(self) -> list[str]:
        """The names of the jobs that are not."""
        return [each.name for each in self._watched if each.is_broken()]
