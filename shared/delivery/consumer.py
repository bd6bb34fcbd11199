"""A consumer that nothing in a record can stop, and that comes back to whatever was not taken over from it.

Aiokafka moves the position of each partition as it drains it. What it had drained is lost where a later step of the
same call fails, and a commit then passes it. So a position counts only as far as records were taken over (`kept`), and
a partition whose position has parted from that is sought back. Positions are compared, not offsets of records: markers
of transactions, aborted records and compaction leave holes.
"""

import asyncio
import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Literal

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.consumer import fetcher
from aiokafka.errors import ConsumerStoppedError, KafkaError
from pymongo.errors import PyMongoError

from shared.delivery.batches import Batches, DueRecords
from shared.delivery.generations import Generations
from shared.delivery.record import RawRecord, size_of
from shared.delivery.topic_ids import topic_ids

# Both are looked up at each fetch. There is no other way in: a deserializer is called after the record was parsed.
vars(fetcher).update(MemoryRecords=Batches, PartitionRecords=DueRecords)

ASK_SECONDS = 5.0
LOOK_SECONDS = 5.0
"""How often the ids of topics are asked for."""
MOST_BYTES = 16 * 1024 * 1024
"""Bytes of opened records after which one call takes nothing more of other partitions."""

Gap = Literal["skipped", "lost", "reset"]
Handed = dict[TopicPartition, list[RawRecord]]

log = structlog.get_logger()


def ignore(_gap: Gap) -> None:
    """Count no gaps: a log line tells of each."""


class FencedConsumer(AIOKafkaConsumer):
    """Hands out records; each partition's must be taken over (`take_over`) before its next ones are asked for.

    Where nothing is there, a call waits for `patience` seconds, if that is longer than it was told to.
    """

    def __init__(
        self,
        *topics: str,
        noticed: Callable[[Gap], None] = ignore,
        patience: float = 0.0,
        generations: Generations | None = None,
        **options: Any,
    ) -> None:
        super().__init__(*topics, **options)  # type: ignore[no-untyped-call] # aiokafka's
        self._noticed = noticed
        self._patience = patience
        self._generations = generations
        self._ids: Mapping[str, str] = {}
        self._identified: Any = None
        self._looked_at = 0.0
        self._is_leaving = False
        self._assignment: Any = None
        self._kept: dict[TopicPartition, int] = {}
        self._handed: dict[TopicPartition, int] = {}
        self._failing: dict[TopicPartition, str] = {}
        self.failure: Exception | None = None
        """What the last call failed with for some partitions while it had records of others."""

    @property
    def kept(self) -> Mapping[TopicPartition, int]:
        """How far each partition's records were taken over, or nothing was there to take.

        Nothing of what was assigned before: what was read ahead of it was dropped, and comes again.
        """
        self._forget_old()
        return self._kept

    def topic_id(self, topic: str) -> str:
        """The id of a topic of which records are handed out, where it is known."""
        return self._ids.get(topic, "")

    def take_over(self, tp: TopicPartition) -> bool:
        """Answer for what was handed out of a partition. No if it went back since: then it comes again."""
        position = self._handed.pop(tp, None)
        if position is None or self._position(tp) != position:
            return False
        self._kept[tp] = position
        return True

    def give_back(self, tp: TopicPartition) -> None:
        """Have the same records again."""
        self._forget_old()
        if self._handed.pop(tp, None) is not None and tp in self._kept:
            self.seek(tp, self._kept[tp])

    def seek(self, partition: TopicPartition, offset: int) -> None:
        """Go on from there. Raises `IllegalStateError` if the partition is another's now."""
        super().seek(partition, offset)  # type: ignore[no-untyped-call] # aiokafka's
        self._handed.pop(partition, None)
        self._kept[partition] = offset

    async def getmany(self, *partitions: TopicPartition, timeout_ms: int = 0, max_records: int | None = None) -> Handed:
        """What has come; nothing after a while. A partition that fails holds up no other one."""
        self._check()
        self._say_that_we_read()
        await self._identify()
        await self._return_where_parted()
        found = await self._drain(partitions, max_records)
        if not found and timeout_ms:
            await self._wait(max(timeout_ms / 1000, self._patience))
            await self._return_where_parted()
            found = await self._drain(partitions, max_records)
        if self.failure and not found:
            raise self.failure
        return found

    def _check(self) -> None:
        """Raise what concerns all partitions: that this is stopped, or may not be in its group."""
        coordinator: Any = self._coordinator
        if self._closed:
            raise ConsumerStoppedError
        coordinator.check_errors()

    def _say_that_we_read(self) -> None:
        """Where there is nothing aiokafka is not asked, and would leave the group after five minutes for good."""
        subscription: Any = self._subscription
        with subscription.fetch_context():
            pass

    async def _drain(self, partitions: tuple[TopicPartition, ...], most: int | None) -> Handed:
        """Never waits: between the look at a position and the next one nothing else can move it."""
        self.failure = None
        found: Handed = {}
        for tp in self._ready(partitions):
            left = None if most is None else most - sum(map(len, found.values()))
            if left == 0 or sum(map(_size, found.values())) > MOST_BYTES:
                break
            found |= await self._drain_one(tp, left)
        return found

    async def _drain_one(self, tp: TopicPartition, most: int | None) -> Handed:
        try:
            found: Handed = await super().getmany(tp, max_records=most)
        except ConsumerStoppedError:
            raise
        except Exception as error:
            # Whatever moved is sought back at the next call, since it was not taken over.
            self._tell_failing(tp, type(error).__name__)
            self.failure = error if isinstance(error, KafkaError) else KafkaError(type(error).__name__)
            return {}
        self._failing.pop(tp, None)
        position = self._position(tp)
        if position is not None:
            (self._handed if found else self._kept)[tp] = position
        return found

    def _tell_failing(self, tp: TopicPartition, error: str) -> None:
        """Log what is new: the next call comes at once."""
        if self._failing.get(tp) != error:
            self._failing[tp] = error
            log.warning("partition-not-read", topic=tp.topic, partition=tp.partition, error=error)

    def _ready(self, partitions: tuple[TopicPartition, ...]) -> list[TopicPartition]:
        """The partitions of which something has come, in a new order each time."""
        if self._subscription.reassignment_in_progress or self._is_leaving or not self._is_identified:
            return []
        asked = [tp for tp in self._fetched() if tp in partitions or not partitions]
        waiting = [tp for tp in asked if tp in self._kept and self._kept[tp] == self._position(tp)]
        return random.sample(waiting, len(waiting))

    def _fetched(self) -> Iterable[TopicPartition]:
        reading: Any = self._fetcher
        return list(reading._records)

    async def _wait(self, seconds: float) -> None:
        reading: Any = self._fetcher
        waiter = reading._create_fetch_waiter()
        done, _ = await asyncio.wait([waiter], timeout=seconds)
        if done:
            waiter.result()
        else:
            waiter.cancel()

    @property
    def _is_identified(self) -> bool:
        return self._generations is None or self._identified is self._assignment

    async def _identify(self) -> None:
        """Learn the ids of what was assigned, and whether a topic was made anew: now and then, and before we begin.

        Raises `KafkaError` where that can't be known: nothing is read meanwhile.
        """
        self._forget_old()
        if self._generations is None or self._assignment is None or not self._assignment.active:
            return
        if self._is_identified and time.monotonic() - self._looked_at <= LOOK_SECONDS:
            return
        try:
            async with asyncio.timeout(ASK_SECONDS):
                if self._is_identified:
                    await self._look_for_new_ids()
                else:
                    await self._begin_with_ids(self._generations)
        except (PyMongoError, TimeoutError) as error:
            raise KafkaError(type(error).__name__) from error

    async def _begin_with_ids(self, generations: Generations) -> None:
        asking: Any = self
        assignment = self._assignment
        ids = await topic_ids(asking._client, {tp.topic for tp in assignment.tps})
        anew = await generations.learn(ids)
        committed = await asking._coordinator.fetch_committed_offsets(list(assignment.tps))
        of_others = [tp for tp, at in committed.items() if at.metadata not in ("", ids.get(tp.topic, at.metadata))]
        begins = await asking.beginning_offsets(of_others) if of_others else {}
        if self._assignment is not assignment or not assignment.active:
            return
        for tp, begin in begins.items():
            self.seek(tp, begin)
        # Kafka may have dropped what was committed together with the topic.
        for topic in {*anew, *(tp.topic for tp in begins)}:
            log.error("topic-made-anew", topic=topic)
            self._noticed("reset")
        self._ids, self._identified, self._looked_at = ids, assignment, time.monotonic()

    async def _look_for_new_ids(self) -> None:
        """Join the group anew where a topic has another id: what is in hand ends, and what was committed is dropped."""
        asking: Any = self
        self._looked_at = time.monotonic()
        ids = await topic_ids(asking._client, self._ids.keys())
        if anew := [topic for topic, id_ in self._ids.items() if ids.get(topic, id_) != id_]:
            log.error("topics-made-anew", count=len(anew))
            self._is_leaving = True
            asking._coordinator.request_rejoin()

    async def _return_where_parted(self) -> None:
        self._begin_with_new()
        parted = list(self._parted())
        if parted and self._ids:
            # A position may have moved because its topic is another one.
            self._looked_at = 0.0
            await self._identify()
        for tp, kept, position in parted if not self._is_leaving else ():
            try:
                gap = await self._gap(tp, kept)
            except (KafkaError, TimeoutError) as error:
                # It is not read until this is known; the others are.
                log.warning("position-unknown", topic=tp.topic, partition=tp.partition, error=type(error).__name__)
                continue
            if self._position(tp) == position and self._kept.get(tp) == kept:
                self._mend(tp, gap, position)

    def _mend(self, tp: TopicPartition, gap: Gap, position: int) -> None:
        place = {"topic": tp.topic, "partition": tp.partition}
        log.error("position-parted", reason=gap, expected=self._kept[tp], offset=position, **place)
        self._noticed(gap)
        if gap == "skipped":
            self.seek(tp, self._kept[tp])
        else:
            self._kept[tp] = position

    def _begin_with_new(self) -> None:
        """Partitions that were assigned begin where the group committed: nobody has read of them yet."""
        self._forget_old()
        for tp in self._assignment.tps if self._assignment else ():
            position = self._position(tp)
            if tp not in self._kept and position is not None:
                self._kept[tp] = position

    def _forget_old(self) -> None:
        subscription: Any = self._subscription.subscription
        assignment = subscription.assignment if subscription else None
        if assignment is not self._assignment:
            self._assignment, self._kept, self._handed = assignment, {}, {}
            self._is_leaving = False

    def _parted(self) -> Iterator[tuple[TopicPartition, int, int]]:
        for tp, kept in self._kept.items():
            position = self._position(tp)
            if position is not None and position != kept:
                yield tp, kept, position

    async def _gap(self, tp: TopicPartition, kept: int) -> Gap:
        """Why a position is not where it was: the records are gone, the topic is another one, or we skipped them."""
        asking: Any = self
        async with asyncio.timeout(ASK_SECONDS):
            begins, ends = await asking.beginning_offsets([tp]), await asking.end_offsets([tp])
        if kept < begins[tp]:
            return "lost"
        return "reset" if kept > ends[tp] else "skipped"

    def _position(self, tp: TopicPartition) -> int | None:
        assignment = self._assignment
        state = assignment.state_value(tp) if assignment is not None and assignment.active else None
        position: int | None = state._position if state else None
        return position


def _size(records: list[RawRecord]) -> int:
    return sum(map(size_of, records))
