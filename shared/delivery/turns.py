"""Units of work, one after the other: what comes while one is under way waits, and then goes together."""

import asyncio
from collections.abc import Callable, Coroutine

SLOW_SECONDS = 1.0
QUICK = 0.02
"""Seconds of a unit on a machine that has time left."""
REST, MOST_REST = 3.0, 1.0
"""Of work for which nobody waits: how long nothing begins after a unit, in times of what it took beyond that, and
seconds at most."""
A_TICK = 0.001
"""Seconds by which a timer may ring early."""


class Turns:
    """Runs units of work. `begin` is called whenever the next one may begin, `apart` seconds after the last or later.

    A unit costs much and what is in it little: on a busy machine, units that begin at once take the time from
    each other, and hold one act each. Whoever comes after a rest does not wait.

    Units that `rest` wait longer the longer the last one took: where a machine has no time left, what nobody waits for
    goes together in fewer units, and leaves the time to those who wait. Where there is time, nothing waits for it.
    """

    def __init__(self, begin: Callable[[], None], apart: float = 0.0, *, rest: bool = False) -> None:
        self._begin = begin
        self._apart = apart
        self._rest = REST if rest else 0.0
        self._units: set[asyncio.Task[None]] = set()
        self._began_at = self._rested_at = float("-inf")

    def is_free(self, *, is_much: bool = False) -> bool:
        """Whether a unit may begin: none is under way, or all that are have become slow and must not hold others up.

        Where much waits already there is nothing to rest for.
        """
        now = asyncio.get_running_loop().time()
        if self._units:
            return now - self._began_at >= SLOW_SECONDS
        return is_much or (now - self._began_at >= self._apart and now >= self._rested_at)

    def start(self, work: Coroutine[None, None, None]) -> None:
        """Begin a unit, whatever else is under way."""
        loop, unit = asyncio.get_running_loop(), asyncio.create_task(work)
        self._began_at = began_at = loop.time()
        self._units.add(unit)
        unit.add_done_callback(lambda unit: self._end(unit, began_at))
        for seconds in (self._apart, SLOW_SECONDS):
            loop.call_later(seconds + A_TICK, self._begin)

    async def end(self) -> None:
        """Wait until nothing is under way; what waits for its turn begins now."""
        self._apart = self._rest = 0.0
        self._rested_at = float("-inf")
        self._begin()
        while self._units:
            await asyncio.wait(self._units)

    def _end(self, unit: asyncio.Task[None], began_at: float) -> None:
        self._units.discard(unit)
        loop = asyncio.get_running_loop()
        rest = min(self._rest * max(0.0, loop.time() - began_at - QUICK), MOST_REST)
        self._rested_at = loop.time() + rest
        loop.call_later(rest + A_TICK, self._begin)
        self._begin()
