"""One partition's records on their way into its lane: read ahead, and run batch after batch."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from shared.delivery.record import RawRecord

BATCH = 500
A_RECORD = 1024
"""Bytes that a record takes beside its value: headers, key, objects."""


class Feed:
    """Keeps one lane busy, beside all others: a slow partition delays nobody else's.

    `run` ends a batch. `done` is told the offset to go on from, `again` where a batch began that infrastructure has
    stopped: whatever was read ahead is then dropped, for it will be read again.
    """

    def __init__(
        self,
        run: Callable[[Sequence[RawRecord]], Awaitable[None]],
        done: Callable[["Feed", int], Awaitable[None]],
        again: Callable[["Feed", int, BaseException], Awaitable[None]],
    ) -> None:
        self._run = run
        self._done = done
        self._again = again
        self._ahead: list[RawRecord] = []
        self._task: asyncio.Task[None] | None = None
        self.in_hand = 0
        """Bytes of the records that were taken and are not done yet, roughly."""

    def take(self, records: Sequence[RawRecord]) -> None:
        """Have these done after all that were taken before."""
        self._ahead.extend(records)
        self.in_hand += _size(records)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._work())

    async def end(self) -> None:
        """Take what is being done to its end, and begin nothing more."""
        self._drop()
        if self._task:
            await asyncio.wait([self._task])

    async def _work(self) -> None:
        while self._ahead:
            batch, self._ahead = self._ahead[:BATCH], self._ahead[BATCH:]
            try:
                await self._run(batch)
            except (Exception, asyncio.CancelledError) as error:
                self._drop()
                self.in_hand -= _size(batch)
                await self._again(self, batch[0].offset, error)
                return
            self.in_hand -= _size(batch)
            await self._done(self, batch[-1].offset + 1)

    def _drop(self) -> None:
        self.in_hand -= _size(self._ahead)
        self._ahead = []


def _size(records: Sequence[RawRecord]) -> int:
    return sum([raw.serialized_value_size + A_RECORD for raw in records])
