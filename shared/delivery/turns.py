"""Units of work, one after the other: what comes while one is under way waits, and then goes together."""

import asyncio
from collections.abc import Callable, Coroutine

SLOW_SECONDS = 0.25


class Turns:
    """Runs units of work. `begin` is called whenever the next one may begin."""

    def __init__(self, begin: Callable[[], None]) -> None:
        self._begin = begin
        self._units: set[asyncio.Task[None]] = set()
        self._began_at = float("-inf")

    def is_free(self) -> bool:
        """Whether a unit may begin: none is under way, or all that are have become slow and must not hold others up."""
        return not self._units or asyncio.get_running_loop().time() - self._began_at >= SLOW_SECONDS

    def start(self, work: Coroutine[None, None, None]) -> None:
        """Begin a unit, whatever else is under way."""
        loop, unit = asyncio.get_running_loop(), asyncio.create_task(work)
        self._began_at = loop.time()
        self._units.add(unit)
        unit.add_done_callback(self._end)
        loop.call_later(SLOW_SECONDS, self._begin)

    async def end(self) -> None:
        """Wait until nothing is under way."""
        while self._units:
            await asyncio.wait(self._units)

    def _end(self, unit: asyncio.Task[None]) -> None:
        self._units.discard(unit)
        self._begin()
