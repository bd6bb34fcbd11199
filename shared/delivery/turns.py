"""Units of work, one after the other: what comes while one is under way waits, and then goes together."""

import asyncio
from collections.abc import Callable, Coroutine

SLOW_SECONDS = 0.25
A_TICK = 0.001
"""Seconds by which a timer may ring early."""


class Turns:
    """Runs units of work. `begin` is called whenever the next one may begin, `apart` seconds after the last or later.

    A unit costs much and what is in it little: on a busy machine, units that begin at once take the time from
    each other, and hold one act each. Whoever comes after a rest does not wait.
    """

    def __init__(self, begin: Callable[[], None], apart: float = 0.0) -> None:
        self._begin = begin
        self._apart = apart
        self._units: set[asyncio.Task[None]] = set()
        self._began_at = float("-inf")

    def is_free(self) -> bool:
        """Whether a unit may begin: none is under way, or all that are have become slow and must not hold others up."""
        since = asyncio.get_running_loop().time() - self._began_at
        return since >= (SLOW_SECONDS if self._units else self._apart)

    def start(self, work: Coroutine[None, None, None]) -> None:
        """Begin a unit, whatever else is under way."""
        loop, unit = asyncio.get_running_loop(), asyncio.create_task(work)
        self._began_at = loop.time()
        self._units.add(unit)
        unit.add_done_callback(self._end)
        for seconds in (self._apart, SLOW_SECONDS):
            loop.call_later(seconds + A_TICK, self._begin)

    async def end(self) -> None:
        """Wait until nothing is under way; what waits for its turn begins now."""
        self._apart = 0.0
        self._begin()
        while self._units:
            await asyncio.wait(self._units)

    def _end(self, unit: asyncio.Task[None]) -> None:
        self._units.discard(unit)
        self._begin()
