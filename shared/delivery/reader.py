"""Feeds a service's lanes from Kafka, and never says that something is done before it is.

Every batch ends in one of two ways: its offset is committed, or its partition is read again from there after a pause.
"""

import asyncio
import random
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import IllegalStateError, KafkaError
from aiokafka.structs import OffsetAndMetadata

from shared.delivery.crash import CrashPoints
from shared.delivery.feed import Feed
from shared.delivery.lane import Lane
from shared.delivery.record import RawRecord, record_of
from shared.watch.metrics import LANE_RETRIES, Metrics

COMMIT_SECONDS = 10.0
DRAIN_SECONDS = 45.0
FIRST_PAUSE, LONGEST_PAUSE = 0.05, 5.0
MOST_IN_HAND = 8 * 1024 * 1024

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
        self._feeds: dict[TopicPartition, Feed] = {}
        self._is_draining = False
        self._has_moved = asyncio.Event()
        self._pauses: dict[TopicPartition, float] = {}
        self._done: dict[TopicPartition, int] = {}
        self._committing = asyncio.Lock()
        self._has_joined = False
        self.consumer: AIOKafkaConsumer | None = None
        self.tried_at = time.monotonic()

    @property
    def in_hand(self) -> int:
        """Bytes of the records that were read and are not done yet, roughly."""
        return sum(feed.in_hand for feed in self._feeds.values())

    async def is_consuming(self) -> bool:
        """Whether the group has told us which partitions are ours, be it none."""
        return self._has_joined

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """Begin afresh: the last owner may have died between commit and publish."""
        self._feeds = {tp: self._feed(tp) for tp in assigned}
        self._is_draining, self._has_joined = False, True

    async def on_partitions_revoked(self, _revoked: Iterable[TopicPartition]) -> None:
        """Let what is in flight end before somebody else begins with it."""
        self._has_joined = False
        await self.drain()

    async def drain(self) -> None:
        """End what is in flight and commit it; take nothing more until partitions are assigned again."""
        self._is_draining = True
        try:
            async with asyncio.timeout(DRAIN_SECONDS):
                await asyncio.gather(*(feed.end() for feed in self._feeds.values()))
        except TimeoutError:
            log.warning("drain-timed-out")
        self._feeds = {}
        self._has_moved.set()

    async def on_batch(self, consumer: AIOKafkaConsumer, records: Sequence[RawRecord]) -> None:
        """Hand each partition's records to its lane, and come back for more when few are in hand. Never raises."""
        self.consumer = consumer
        self.tried_at = time.monotonic()
        for tp, raws in _by_partition(records).items():
            feed = self._feeds.get(tp)
            if feed and not self._is_draining and await self._is_next(tp, raws):
                feed.take(raws)
        while self.in_hand > MOST_IN_HAND:
            self._has_moved.clear()
            await self._has_moved.wait()

    def _feed(self, tp: TopicPartition) -> Feed:
        topic = tp.topic.removeprefix(f"{self._namespace}.") if self._namespace else tp.topic
        lane = self._lane_of(topic, f"{topic}/{tp.partition}")

        async def run(raws: Sequence[RawRecord]) -> None:
            await lane.run([record_of(raw, self._namespace) for raw in raws])

        return Feed(run, partial(self._commit, tp), partial(self._read_again, tp))

    async def _is_next(self, tp: TopicPartition, raws: Sequence[RawRecord]) -> bool:
        """Whether these come next. Not so if the lane went back since they were read: then they will come again."""
        assert self.consumer is not None  # noqa: S101
        try:
            async with asyncio.timeout(COMMIT_SECONDS):
                return bool(await self.consumer.position(tp) > raws[-1].offset)
        except (IllegalStateError, TimeoutError):
            return False

    async def _commit(self, tp: TopicPartition, feed: Feed, next_: int) -> None:
        """A refused commit loses nothing: the next owner reads again, and its inbox drops the repeats."""
        self._moves()
        if self._feeds.get(tp) is not feed:
            return
        self._pauses.pop(tp, None)
        self._done[tp] = next_
        async with self._committing:
            done, self._done = self._done, {}
            if done and self.consumer is not None:
                await self._commit_offsets(self.consumer, done)

    async def _commit_offsets(self, consumer: AIOKafkaConsumer, done: Mapping[TopicPartition, int]) -> None:
        self._crash.reach("before-offset-commit")
        try:
            async with asyncio.timeout(COMMIT_SECONDS):
                await consumer.commit({tp: OffsetAndMetadata(next_, "") for tp, next_ in done.items()})
        except (KafkaError, TimeoutError) as error:
            log.warning("offset-commit-refused", error=type(error).__name__)

    async def _read_again(self, tp: TopicPartition, feed: Feed, offset: int, error: BaseException) -> None:
        """Go back to where this batch began, and give the infrastructure a moment: longer each time, with jitter."""
        self._moves()
        log.warning("lane-again", topic=tp.topic, partition=tp.partition, error=type(error).__name__)
        self._metrics[LANE_RETRIES].inc()
        if self._feeds.get(tp) is not feed or self.consumer is None:
            return
        pause = min(self._pauses.get(tp, FIRST_PAUSE / 2) * 2, LONGEST_PAUSE)
        self._pauses[tp] = pause
        try:
            self.consumer.seek(tp, offset)
            self.consumer.pause(tp)
        except IllegalStateError:
            return
        asyncio.get_running_loop().call_later(pause * random.uniform(0.5, 1.5), self._resume, tp)  # noqa: S311
        if isinstance(error, Exception):
            await self._stuck(error)

    def _moves(self) -> None:
        self.tried_at = time.monotonic()
        self._has_moved.set()

    def _resume(self, tp: TopicPartition) -> None:
        if self.consumer is not None and tp in self._feeds:
            self.consumer.resume(tp)


def _by_partition(records: Sequence[RawRecord]) -> Mapping[TopicPartition, list[RawRecord]]:
    batches: dict[TopicPartition, list[RawRecord]] = defaultdict(list)
    for raw in records:
        batches[TopicPartition(raw.topic, raw.partition)].append(raw)
    return batches
