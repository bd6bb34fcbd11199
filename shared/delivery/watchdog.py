"""Watches how far a reader is, and ends a process that is stuck: another one will begin where this one is.

`Watch` looks from within the event loop, since only there Kafka can be asked. `Watchdog` is a thread: it reads plain
numbers, and so notices, too, that the loop itself is blocked.
"""

import asyncio
import os
import threading
from collections.abc import Callable, Collection
from typing import Literal

import structlog
from aiokafka import TopicPartition
from aiokafka.errors import IllegalStateError, KafkaError

from shared.delivery.consumer import FencedConsumer
from shared.delivery.periodic import end_if_asked
from shared.delivery.positions import EVERY_SECONDS, LOOKS
from shared.delivery.reader import Reader
from shared.watch.metrics import READ_LAG, READ_STALLED_SECONDS, Metrics

PATIENT_LOOKS = 5 * LOOKS
"""So often a partition must be seen unmoved where something is tried all the time."""
SETTLE_SECONDS = 1.0
ASK_SECONDS = 2.0
AWAY = (KafkaError, IllegalStateError, TimeoutError)
STUCK = 70  # EX_SOFTWARE of sysexits.h

Verdict = Literal["loop-blocked", "nothing-tried", "no-progress"]

log = structlog.get_logger()


class Watch:
    """Looks every few seconds how far Kafka is, commits what moved without a record, and sets the numbers."""

    def __init__(self, reader: Reader, metrics: Metrics) -> None:
        self.reader = reader
        self._metrics = metrics
        self.beats = 0
        """Grows for as long as the event loop turns."""

    async def run(self) -> None:
        """Runs until it is cancelled."""
        while True:
            for _ in range(round(EVERY_SECONDS / SETTLE_SECONDS)):
                end_if_asked()
                await asyncio.sleep(SETTLE_SECONDS)
                self.beats += 1
                await self.reader.settle()
            await self.look()

    async def look(self) -> None:
        """Compare with how far Kafka is now. Where it does not answer nobody knows, and nothing is counted."""
        consumer, positions = self.reader.consumer, self.reader.positions
        if consumer is None:
            return
        ends = await _ends(consumer)
        if unknown := len(consumer.assignment()) - len(ends):
            log.warning("ends-unknown", count=unknown)
        if not ends and unknown:
            return
        positions.look(ends)
        self._metrics[READ_LAG].set(positions.lag)
        self._metrics[READ_STALLED_SECONDS].set(positions.unmoved_looks * EVERY_SECONDS)


async def _ends(consumer: FencedConsumer) -> dict[TopicPartition, int]:
    """How far Kafka is. One partition that nobody leads must not hide all others: then each is asked for alone."""
    partitions = consumer.assignment()
    try:
        return await _ends_of(consumer, partitions)
    except AWAY:
        found = await asyncio.gather(*(_ends_of(consumer, [tp]) for tp in partitions), return_exceptions=True)
    return {tp: end for ends in found if isinstance(ends, dict) for tp, end in ends.items()}


async def _ends_of(consumer: FencedConsumer, partitions: Collection[TopicPartition]) -> dict[TopicPartition, int]:
    async with asyncio.timeout(ASK_SECONDS):
        ends: dict[TopicPartition, int] = await consumer.end_offsets(partitions) if partitions else {}
        return ends


class Watchdog:
    """Ends the process if the loop is blocked, if nobody touches a backlog, or if trying for long has moved nothing.

    Where our own code fails on too much (`BadDeploy`) nobody is helped by an end: it would begin with the same records.
    """

    def __init__(self, watch: Watch, end: Callable[[int], object] = os._exit) -> None:
        self._watch = watch
        self._end = end
        self._beats = watch.beats
        self._unbeaten_looks = 0

    def start(self) -> Callable[[], None]:
        """Watch from a thread of its own; returns what ends that."""
        over = threading.Event()
        threading.Thread(target=self._run, args=(over,), name="watchdog", daemon=True).start()
        return over.set

    def verdict(self) -> Verdict | None:
        """Look once more: why this process has to end, if it has to."""
        beats, reader = self._watch.beats, self._watch.reader
        self._unbeaten_looks = self._unbeaten_looks + 1 if beats == self._beats else 0
        self._beats = beats
        if self._unbeaten_looks >= LOOKS:
            return "loop-blocked"
        if reader.positions.untried_looks >= LOOKS:
            return "nothing-tried"
        is_standing = reader.positions.unmoved_looks >= PATIENT_LOOKS and not reader.halted
        return "no-progress" if is_standing else None

    def _run(self, over: threading.Event) -> None:
        while not over.wait(EVERY_SECONDS):
            if verdict := self.verdict():
                log.critical("stuck", reason=verdict, status=STUCK, records=self._watch.reader.positions.lag)
                self._end(STUCK)
