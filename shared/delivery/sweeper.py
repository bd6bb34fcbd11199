"""The net below everything: sends what stayed unsent, releases what no longer has to wait, counts what is left."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import structlog

log = structlog.get_logger()
EVERY_SECONDS = 1.0

Round = Callable[[], Awaitable[object]]


class Sweeper:
    """Does its rounds once a second for as long as the process lives; a round that fails is tried again."""

    def __init__(self, rounds: Sequence[Round], every: float = EVERY_SECONDS) -> None:
        self._rounds = rounds
        self._every = every

    async def run(self) -> None:
        """Runs until it is cancelled."""
        while True:
            for make_round in self._rounds:
                try:
                    await make_round()
                except Exception as error:
                    log.warning("sweep-failed", error=type(error).__name__)
                end_if_asked()
            await asyncio.sleep(self._every)


def end_if_asked() -> None:
    """A library may turn our cancellation into an error of its own: a loop that went on would never end.

    Or it loses it, as `asyncio.wait_for` of Python 3.11 does where the answer comes at the same moment.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError
