"""Jobs that a service repeats for as long as it lives, each by itself: one that fails or hangs stops no other."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from itertools import islice
from typing import Any, TypeVar

import structlog

from shared.delivery.failures import Contended, error_code, is_infrastructure
from shared.watch.tasks import SLACK_SECONDS, Tasks

log = structlog.get_logger()
EVERY_SECOND, HALF_A_MINUTE, EVERY_MINUTE, EVERY_HOUR = 1.0, 30.0, 60.0, 3600.0
MEASURED_EVERY = 5.0
"""Numbers are scraped less often: measured each second they were half of what an idle service asks its database."""
RETRY_SECONDS, RETRY_ITEMS_SECONDS = 30.0, 600.0
"""A job that failed, or some of whose items did, is tried again after this time, if its interval is not shorter."""

Job = Callable[[], Awaitable[object]]
T = TypeVar("T")


class ItemsFailed(Exception):
    """Some items of a job failed; all others were done."""


class PeriodicTask:
    """Does one job again and again. What becomes of it is measured, told by `/readyz`, and logged where it fails."""

    def __init__(
        self, tasks: Tasks, name: str, job: Job, every: float = EVERY_SECOND, *, slack: float = SLACK_SECONDS
    ) -> None:
        self._job = job
        self._every = every
        self._status = tasks.watch(name, every, slack)

    async def run(self) -> None:
        """Repeat the job until cancelled."""
        while True:
            pause = await self._do()
            await asyncio.sleep(pause)

    async def _do(self) -> float:
        """Do the job once; return the seconds until it is due again."""
        pause = self._every
        try:
            await self._job()
        except ItemsFailed:
            self._status.failed(partly=True)
            pause = min(self._every, RETRY_ITEMS_SECONDS)
        except Exception as error:
            self._status.failed()
            log.error("task-failed", what=self._status.name, **reasons(error))
            pause = min(self._every, RETRY_SECONDS)
        else:
            self._status.succeeded()
        end_if_asked()
        return pause


async def for_each(
    items: Iterable[T],
    do: Callable[[T], Awaitable[object]],
    what: str,
    key: str = "aggregate",
    *,
    at_once: int = 1,
) -> None:
    """Do this for every item, also after one has failed. Raises `ItemsFailed` at the end.

    `what` names the job in the log, `key` is the key under which the log names an item; `at_once` items are done side
    by side. Raises at once where a server is away: the next items would only wait for it.
    """
    failed, left = False, iter(items)
    while some := list(islice(left, at_once)):
        for item, error in zip(some, await _errors(do, some), strict=True):
            if error is None:
                continue
            failed = True
            if not isinstance(error, ItemsFailed):
                end_if_asked()
                if not isinstance(error, Exception) or (is_infrastructure(error) and not isinstance(error, Contended)):
                    raise error
                log.error("item-failed", what=what, **{key: item}, **reasons(error))
    if failed:
        raise ItemsFailed


async def _errors(do: Callable[[T], Awaitable[object]], items: Sequence[T]) -> list[BaseException | None]:
    """How each of these has failed, once all of them have ended."""
    ended = await asyncio.gather(*(do(item) for item in items), return_exceptions=True)
    return [each if isinstance(each, BaseException) else None for each in ended]


def reasons(error: Exception) -> dict[str, Any]:
    """Return what a log line says of an error: its class and code, and where our code raised it."""
    cause = None if is_infrastructure(error) else error
    return {"error": type(error).__name__, "code": error_code(error), "exc_info": cause}


def end_if_asked() -> None:
    """A library may turn our cancellation into an error of its own: a loop that went on would never end.

    Or it loses it, as `asyncio.wait_for` of Python 3.11 does where the answer comes at the same moment.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError
