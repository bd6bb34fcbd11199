"""Feeds a service's lanes from Kafka, and never says that something is done before it is.

Every batch ends in one of two ways: its offset is committed, or its partition is read again from there after a pause.
"""

import asyncio
import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any

import structlog
from aiokafka import ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import IllegalStateError, KafkaError
from aiokafka.structs import OffsetAndMetadata

from shared.delivery.consumer import FencedConsumer
from shared.delivery.crash import CrashPoints
from shared.delivery.failures import BadDeploy
from shared.delivery.feed import Feed
from shared.delivery.generations import Generations
from shared.delivery.lanes import Lanes
from shared.delivery.positions import Positions
from shared.delivery.record import RawRecord, Record, record_of
from shared.delivery.unit_size import UnitSizes
from shared.watch.health import Check
from shared.watch.metrics import BATCH_SECONDS, LANE_RETRIES, READ_GAPS, Metrics

COMMIT_SECONDS = 10.0
IDLE_SECONDS = 1.0
"""How long is waited for records before it is asked again whether all is as it should be."""
DRAIN_SECONDS = 45.0
FIRST_PAUSE, LONGEST_PAUSE = 0.05, 5.0
MOST_IN_HAND = 8 * 1024 * 1024

log = structlog.get_logger()


class Reader(ConsumerRebalanceListener):
    """The partitions that this process owns, and what each of them is doing."""

    def __init__(
        self,
        lanes: Lanes,
        namespace: str,
        crash: CrashPoints,
        metrics: Metrics,
        stuck: Callable[[Exception], Any],
        *,
        meeting: bool = False,
        generations: Generations | None = None,
    ) -> None:
        self._lanes = lanes
        self._namespace = namespace
        self._crash = crash
        self._metrics = metrics
        self._stuck = stuck
        self._meeting = meeting
        self._generations = generations
        self._owned: frozenset[TopicPartition] = frozenset()
        self._sizes = UnitSizes()
        self._has_moved = asyncio.Event()
        self._feed = self._new_feed()
        self._pauses: dict[TopicPartition, float] = {}
        self._done: dict[TopicPartition, int] = {}
        self._committing = asyncio.Lock()
        self._has_joined = False
        self.consumer: FencedConsumer | None = None
        self.positions = Positions()
        self.halted: set[TopicPartition] = set()
        """Where our own code fails on too much, so that the lane stands until it is mended."""

    @property
    def in_hand(self) -> int:
        """Bytes of the records that were read and are not done yet, roughly."""
        return self._feed.in_hand

    def build_consumer(self, *topics: str, **options: Any) -> FencedConsumer:
        """The consumer that this reader will read from."""
        self.consumer = FencedConsumer(
            *topics,
            noticed=lambda gap: self._metrics[READ_GAPS].labels(gap).inc(),
            patience=IDLE_SECONDS,
            generations=self._generations,
            **options,
        )
        return self.consumer

    async def is_consuming(self) -> bool:
        """Whether the group has told us which partitions are ours, be it none."""
        return self._has_joined

    async def is_progressing(self) -> bool:
        """Whether what waits is getting done: no partition stands still for a minute."""
        return self.positions.is_moving

    def checks(self) -> Mapping[str, Check]:
        """What `/readyz` asks of a reader."""
        return {"consuming": self.is_consuming, "progress": self.is_progressing}

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """Begin afresh: the last owner may have died between commit and publish."""
        self._lanes.begin_afresh()
        self.positions.begin(frozenset(assigned))
        self.halted.clear()
        self._feed, self._owned, self._has_joined = self._new_feed(), frozenset(assigned), True

    async def on_partitions_revoked(self, _revoked: Iterable[TopicPartition]) -> None:
        """Let what is in flight end before somebody else begins with it."""
        self._has_joined = False
        await self.drain()

    async def drain(self) -> None:
        """End what is in flight and commit it; take nothing more until partitions are assigned again."""
        owned, self._owned = self._owned, frozenset()
        if self.consumer is not None:
            with suppress(IllegalStateError):
                self.consumer.pause(*owned)
        try:
            async with asyncio.timeout(DRAIN_SECONDS):
                await self._feed.end()
        except TimeoutError:
            log.warning("drain-timed-out", count=len(owned))
            self._feed = self._new_feed()
        self._has_moved.set()

    async def on_batch(self, consumer: FencedConsumer, records: Sequence[RawRecord]) -> None:
        """Hand records to their lanes, and come back for more when few are in hand. Never raises."""
        self.consumer = consumer
        for tp, raws in _by_partition(records).items():
            if tp not in self._owned:
                consumer.give_back(tp)
            elif consumer.take_over(tp):
                self.positions.take(tp, raws[0].offset, raws[-1].offset)
                self._feed.take(tp, raws)
        while self.in_hand > MOST_IN_HAND:
            self._has_moved.clear()
            await self._has_moved.wait()

    async def settle(self) -> None:
        """Commit positions that have moved without a record; else a topic that ends with a marker lags for ever."""
        if self.consumer is None:
            return
        async with self._committing:
            owned = {tp: offset for tp, offset in self.consumer.kept.items() if tp in self._owned}
            if moved := self.positions.uncommitted(owned):
                await self._commit_offsets(self.consumer, moved)

    def _new_feed(self) -> Feed:
        """A feed whose ends count for as long as it is the one that is fed."""
        feed = Feed(
            self._run,
            lambda offsets: self._commit(feed, offsets),
            lambda *ends: self._go_back(feed, *ends),
            sizes=self._sizes,
            freed=self._has_moved.set,
            meeting=self._meeting,
        )
        return feed

    async def _run(self, raws: Sequence[RawRecord]) -> None:
        with self._metrics[BATCH_SECONDS].time():
            await self._lanes.run([self._record_of(raw) for raw in raws])

    def _record_of(self, raw: RawRecord) -> Record:
        generation = self._generations.of(raw.topic) if self._generations else 0
        return record_of(raw, self._namespace, generation)

    async def _commit(self, feed: Feed, offsets: Mapping[TopicPartition, int]) -> None:
        """A refused commit loses nothing: the next owner reads again, and its inbox drops the repeats."""
        self._moves()
        if feed is not self._feed:
            return
        self.halted.difference_update(offsets)
        for tp, next_ in offsets.items():
            self._pauses.pop(tp, None)
            kept = self.consumer.kept.get(tp) if self.consumer else None
            self._done[tp] = self.positions.finish(tp, next_, kept)
        async with self._committing:
            done, self._done = self._done, {}
            if done and self.consumer is not None:
                self._crash.reach("before-offset-commit")
                await self._commit_offsets(self.consumer, done)

    async def _commit_offsets(self, consumer: FencedConsumer, done: Mapping[TopicPartition, int]) -> None:
        try:
            async with asyncio.timeout(COMMIT_SECONDS):
                # Beside each offset the id of its topic: it counts in no other one of that name.
                await consumer.commit(
                    {tp: OffsetAndMetadata(next_, consumer.topic_id(tp.topic)) for tp, next_ in done.items()}
                )
        except (KafkaError, TimeoutError) as error:
            log.warning("offset-commit-refused", error=type(error).__name__)
        else:
            self.positions.commit(done)

    async def _go_back(self, feed: Feed, offsets: Mapping[TopicPartition, int], error: BaseException) -> None:
        """Go back to where this batch began, and give the infrastructure a moment: longer each time, with jitter."""
        self._moves()
        log.warning("lanes-again", count=len(offsets), error=type(error).__name__)
        self._metrics[LANE_RETRIES].inc(len(offsets))
        (self.halted.update if isinstance(error, BadDeploy) else self.halted.difference_update)(offsets)
        if feed is self._feed:
            for tp, offset in offsets.items():
                self._pause_at(tp, offset)
        if isinstance(error, Exception):
            await self._stuck(error)

    def _pause_at(self, tp: TopicPartition, offset: int) -> None:
        pause = min(self._pauses.get(tp, FIRST_PAUSE / 2) * 2, LONGEST_PAUSE)
        self._pauses[tp] = pause
        self.positions.go_back(tp, offset)
        try:
            assert self.consumer is not None  # noqa: S101
            self.consumer.seek(tp, offset)
            self.consumer.pause(tp)
        except IllegalStateError:
            return
        asyncio.get_running_loop().call_later(pause * random.uniform(0.5, 1.5), self._resume, tp)  # noqa: S311

    def _moves(self) -> None:
        self.positions.note_try()
        self._has_moved.set()

    def _resume(self, tp: TopicPartition) -> None:
        if self.consumer is not None and tp in self._owned:
            self.consumer.resume(tp)


def _by_partition(records: Sequence[RawRecord]) -> Mapping[TopicPartition, list[RawRecord]]:
    batches: dict[TopicPartition, list[RawRecord]] = defaultdict(list)
    for raw in records:
        batches[TopicPartition(raw.topic, raw.partition)].append(raw)
    return batches
