"""Feeds a service's lanes from Kafka, and never says that something is done before it is.

Every batch ends in one of two ways for each partition: its offset is committed, or it is read again after a pause.
"""

import asyncio
import random
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import IllegalStateError, KafkaError
from aiokafka.structs import OffsetAndMetadata

from shared.delivery.crash import CrashPoints
from shared.delivery.lane import Lane
from shared.delivery.record import RawRecord, record_of
from shared.watch.metrics import LANE_RETRIES, Metrics

COMMIT_SECONDS = 10.0
DRAIN_SECONDS = 45.0
FIRST_PAUSE, LONGEST_PAUSE = 0.05, 5.0

log = structlog.get_logger()


class Reader(ConsumerRebalanceListener):
    """The partitions that this process owns, and what each of them is doing."""

    def __init__(
        self,
        lane_of: Callable[[str, str], Lane],
        namespace: str,
        crash: CrashPoints,
        metrics: Metrics,
        stuck: Callable[[Exception], Any],
    ) -> None:
        self._lane_of = lane_of
        self._namespace = namespace
        self._crash = crash
        self._metrics = metrics
        self._stuck = stuck
        self._lanes: dict[TopicPartition, Lane] = {}
        self._pauses: dict[TopicPartition, float] = {}
        self._busy = asyncio.Lock()
        self.consumer: AIOKafkaConsumer | None = None
        self.tried_at = time.monotonic()
        self._has_joined = False

    async def is_consuming(self) -> bool:
        """Whether the group has told us which partitions are ours, be it none."""
        return self._has_joined

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """Begin afresh: the last owner may have died between commit and publish."""
        self._lanes = {
            tp: self._lane_of(self._name(tp.topic), f"{self._name(tp.topic)}/{tp.partition}") for tp in assigned
        }
        self._has_joined = True

    async def on_partitions_revoked(self, _revoked: Iterable[TopicPartition]) -> None:
        """Let what is in flight end before somebody else begins with it."""
        self._has_joined = False
        try:
            async with asyncio.timeout(DRAIN_SECONDS), self._busy:
                self._lanes = {}
        except TimeoutError:
            log.warning("drain-timed-out")

    async def on_batch(self, consumer: AIOKafkaConsumer, records: Sequence[RawRecord]) -> None:
        """Run each partition's records through its lane, side by side. Never raises."""
        self.consumer = consumer
        async with self._busy:
            self.tried_at = time.monotonic()
            batches = self._by_lane(records)
            ends = await asyncio.gather(
                *(
                    self._lanes[tp].run([record_of(raw, self._namespace) for raw in raws])
                    for tp, raws in batches.items()
                ),
                return_exceptions=True,
            )
            done = {tp: raws for (tp, raws), end in zip(batches.items(), ends, strict=True) if end is None}
            for (tp, raws), end in zip(batches.items(), ends, strict=True):
                if end is not None:
                    await self._read_again(tp, raws[0].offset, end)
            await self._commit({tp: raws[-1].offset + 1 for tp, raws in done.items()})

    def _by_lane(self, records: Sequence[RawRecord]) -> Mapping[TopicPartition, list[RawRecord]]:
        batches: dict[TopicPartition, list[RawRecord]] = defaultdict(list)
        for raw in records:
            tp = TopicPartition(raw.topic, raw.partition)
            if tp in self._lanes:
                batches[tp].append(raw)
        return batches

    async def _commit(self, offsets: Mapping[TopicPartition, int]) -> None:
        """A refused commit loses nothing: the next owner reads again, and its inbox drops the repeats."""
        if not offsets or self.consumer is None:
            return
        for tp in offsets:
            self._pauses.pop(tp, None)
        self._crash.reach("before-offset-commit")
        try:
            async with asyncio.timeout(COMMIT_SECONDS):
                await self.consumer.commit({tp: OffsetAndMetadata(next_, "") for tp, next_ in offsets.items()})
        except (KafkaError, TimeoutError) as error:
            log.warning("offset-commit-refused", error=type(error).__name__)

    async def _read_again(self, tp: TopicPartition, offset: int, error: BaseException) -> None:
        """Go back to where this batch began, and give the infrastructure a moment: longer each time, with jitter."""
        log.warning("lane-again", topic=tp.topic, partition=tp.partition, error=type(error).__name__)
        self._metrics[LANE_RETRIES].inc()
        pause = min(self._pauses.get(tp, FIRST_PAUSE / 2) * 2, LONGEST_PAUSE)
        self._pauses[tp] = pause
        try:
            assert self.consumer is not None  # noqa: S101
            self.consumer.seek(tp, offset)
            self.consumer.pause(tp)
        except IllegalStateError:
            return
        asyncio.get_running_loop().call_later(pause * random.uniform(0.5, 1.5), self._resume, tp)  # noqa: S311
        if isinstance(error, Exception):
            await self._stuck(error)

    def _name(self, topic: str) -> str:
        return topic.removeprefix(f"{self._namespace}.") if self._namespace else topic

    def _resume(self, tp: TopicPartition) -> None:
        if self.consumer is not None and tp in self._lanes:
            self.consumer.resume(tp)
