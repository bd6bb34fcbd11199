"""Ends a process whose backlog does not shrink: another one will begin where this one is stuck."""

import asyncio
import os
import time

import structlog
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import IllegalStateError, KafkaError

from shared.delivery.reader import Reader
from shared.delivery.sweeper import end_if_asked

STUCK_SECONDS, EVERY_SECONDS = 60.0, 5.0
STUCK = 70  # EX_SOFTWARE of sysexits.h

log = structlog.get_logger()


class Watchdog:
    """Watches from outside aiokafka, whose own tasks may hang for ever."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    async def run(self) -> None:
        """Runs until it is cancelled, or ends the process."""
        while True:
            end_if_asked()
            await asyncio.sleep(EVERY_SECONDS)
            idle = time.monotonic() - self._reader.tried_at
            if idle > STUCK_SECONDS and await self._is_behind():
                log.error("stuck", seconds=round(idle))
                os._exit(STUCK)

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
