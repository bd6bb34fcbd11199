"""Ends a process whose backlog does not shrink: another one will begin where this one is stuck."""

import asyncio
import os

import structlog
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import IllegalStateError, KafkaError

from shared.delivery.periodic import end_if_asked
from shared.delivery.reader import Reader

LOOKS, EVERY_SECONDS = 12, 5.0
"""So often in a row a backlog must be seen that nothing was tried with in between: a minute in all."""
STUCK = 70  # EX_SOFTWARE of sysexits.h

log = structlog.get_logger()


class Watchdog:
    """Watches from outside aiokafka, whose own tasks may hang for ever.

    It counts what it sees and not the time: a record that has come this moment, to somebody who had nothing to read
    for an hour, is no backlog of an hour; nor is the hour of one whom the machine has halted.
    """

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._seen = 0
        self._tried_at = reader.tried_at

    async def run(self) -> None:
        """Runs until it is cancelled, or ends the process."""
        while True:
            end_if_asked()
            await asyncio.sleep(EVERY_SECONDS)
            if await self.is_stuck():
                log.error("stuck", seconds=round(LOOKS * EVERY_SECONDS))
                os._exit(STUCK)

    async def is_stuck(self) -> bool:
        """Look once more: whether a backlog was there at each of the last looks, and nobody has touched it."""
        is_behind = await self._is_behind()
        has_tried, self._tried_at = self._reader.tried_at != self._tried_at, self._reader.tried_at
        self._seen = 0 if has_tried or not is_behind else self._seen + 1
        return self._seen >= LOOKS

    async def _is_behind(self) -> bool:
        consumer = self._reader.consumer
        if consumer is None:
            return False
        try:
            async with asyncio.timeout(EVERY_SECONDS):
                return self._reader.in_hand > 0 or await backlog(consumer) > 0
        except (KafkaError, IllegalStateError, TimeoutError):
            # The broker is away: that is no reason to die.
            return False


async def backlog(consumer: AIOKafkaConsumer) -> int:
    """How many records of this process's partitions are still to be read."""
    partitions = consumer.assignment()
    ends = await consumer.end_offsets(partitions) if partitions else {}
    return sum([max(0, end - await consumer.position(tp)) for tp, end in ends.items()])
