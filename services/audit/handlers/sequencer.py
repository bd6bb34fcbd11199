"""Takes every record of every topic, once, in batches, and gives it to the log's writer."""

import asyncio
import random
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence

import structlog

from services.audit.domain.batches import first_of
from services.audit.domain.head import Bounds, Partition, Reached, catch_up, has_begun_anew
from services.audit.domain.leaf import SALT_SIZE
from services.audit.domain.reading import Line, line_of
from services.audit.domain.repeats import Sorted
from services.audit.domain.standing import newest
from services.audit.handlers.published import published_notes
from services.audit.handlers.source import MOST_RECORDS, Source
from services.audit.handlers.witnesses import Witnesses
from services.audit.handlers.writer import LogWriter
from shared.delivery.clock import Clock
from shared.delivery.failures import Retry, error_code, triage
from shared.delivery.record import Record
from shared.delivery.unit_size import UnitSize
from shared.watch.health import Pulse

LIST_SECONDS = 10.0
CONFIRM_SECONDS = 2.0
GATHER_SECONDS = 0.2
"""So long a few records wait for more: a batch costs far more than the lines in it, and each costs a checkpoint."""
BEAT_SECONDS = 50.0
"""At least a checkpoint a minute, also while nothing happens: whoever sees an older one knows that it is old."""
FIRST_PAUSE, LONGEST_PAUSE = 0.05, 5.0

log = structlog.get_logger()


class Sequencer:
    """The loop: list the topics now and then, fetch, append; after any failure find out where the log stands."""

    def __init__(
        self,
        source: Source,
        writer: LogWriter,
        witnesses: Witnesses,
        clock: Clock,
        *,
        stuck: Callable[[Exception], Awaitable[None]],
        told: Callable[[Sorted, int], None] = lambda _batch, _size: None,
    ) -> None:
        self._source = source
        self._writer = writer
        self._witnesses = witnesses
        self._clock = clock
        self._stuck = stuck
        self._told = told
        self._has_begun = False
        self._size = UnitSize()
        self.turned = Pulse()
        self._listed_at = float("-inf")
        self._beaten_at = float("-inf")
        self._assigned: frozenset[Partition] | None = None
        self._ids: Mapping[Partition, str] = {}

    async def begin(self) -> None:
        """Become the log's writer, if it continues what was published. Raises `NotToBeSigned`."""
        await self._witnesses.agree()
        published = newest(await published_notes(self._source), self._writer.verifier)
        await self._writer.take_over(published)
        self._has_begun, self._assigned, self._beaten_at = True, None, time.monotonic()
        self.list_soon()
        log.info("log-taken-over", size=self._writer.head.size, expected=published.size if published else 0)

    def resign(self) -> None:
        """Be the log's writer no more: another may have written since, when `run` is called again."""
        self._has_begun = False

    async def run(self, stop: asyncio.Event) -> None:
        """Runs until it is told to stop, and then ends its round. Raises what no second attempt can mend."""
        pause, stale = FIRST_PAUSE, False
        while not stop.is_set():
            try:
                await self._stand(stale=stale)
                stale = False
                await self.turn()
                pause = FIRST_PAUSE
            except Exception as error:
                retry = triage(error)
                if retry is Retry.NEVER:
                    raise
                if retry is Retry.SMALLER and self._size.limit > 1:
                    self._size.shrink(self._size.limit)
                    pause = FIRST_PAUSE
                log.warning("sequencer-again", error=type(error).__name__, code=error_code(error))
                await self._stuck(error)
                await asyncio.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311
                pause, stale = min(pause * 2, LONGEST_PAUSE), True

    async def _stand(self, *, stale: bool) -> None:
        if not self._has_begun:
            await self.begin()
        elif stale:
            await self._writer.reload()
            self._assigned = None
            self.list_soon()

    async def turn(self) -> None:
        """One round: whatever has come by now is in the log after it. Raises `NotToBeSigned`."""
        self._witnesses.check()
        if time.monotonic() - self._listed_at > LIST_SECONDS:
            await self._list()
        records = await self._source.fetch()
        await self._take_all(records)
        if time.monotonic() - self._beaten_at > BEAT_SECONDS:
            await self._beat()
        self.turned.beat()
        if len(records) < MOST_RECORDS:
            await self._writer.settle()
        if 0 < len(records) < MOST_RECORDS // 2:
            await asyncio.sleep(GATHER_SECONDS)

    async def _beat(self) -> None:
        """Say that all that Kafka held at this time is in the log; not before it is."""
        at = self._clock.now()
        await self._list()
        if not await self._source.backlog():
            # With it go the ids of topics of which nothing has come since they were learnt.
            head = self._writer.head.reached
            learnt = {each: known for each in head if (known := self._reached(each)) != head[each]}
            self._tell(await self._writer.beat(at, learnt))
            self._beaten_at = time.monotonic()

    def list_soon(self) -> None:
        """Look at the next round, not in ten seconds, which topics there are."""
        self._listed_at = float("-inf")

    async def _list(self) -> None:
        """Notice new topics, and what of the old ones was lost before it could be read."""
        partitions = await self._source.partitions()
        bounds, at = await self._bounds(partitions), self._clock.now()
        ids = {each: self._source.topic_id(each[0]) for each in partitions}
        found = {each: catch_up(each, self._reached(each), bounds[each], at, ids[each]) for each in partitions}
        self._ids = {each: reached.topic_id for each, (reached, _) in found.items()}
        lines = [line for _, lines in found.values() for line in lines]
        if lines:
            await self._append(lines, {each: reached for each, (reached, _) in found.items()})
        if lines or self._assigned != frozenset(partitions):
            self._source.seek({each: reached.due for each, (reached, _) in found.items()})
        self._assigned, self._listed_at = frozenset(partitions), time.monotonic()

    async def _bounds(self, partitions: Sequence[Partition]) -> Mapping[Partition, Bounds]:
        bounds = await self._source.bounds(partitions)
        if any(has_begun_anew(self._reached(each), bounds[each]) for each in partitions):
            # A broker that has just come back may name too low an end for a moment.
            await asyncio.sleep(CONFIRM_SECONDS)
            bounds = await self._source.bounds(partitions)
        return bounds

    def _reached(self, partition: Partition) -> Reached:
        reached = self._writer.head.reached.get(partition, Reached())
        return reached if reached.topic_id else reached._replace(topic_id=self._ids.get(partition, ""))

    async def _take_all(self, records: Sequence[Record]) -> None:
        """In transactions that the server ends in time. What fails is read again from where the log stands then."""
        done = 0
        while done < len(records):
            part = records[done : done + first_of(records[done:], self._size.limit)]
            await self._take(part)
            self._size.note(len(part), self._writer.lasted)
            self.turned.beat()
            done += len(part)

    async def _take(self, records: Sequence[Record]) -> None:
        reached: dict[Partition, Reached] = {}
        for record in records:
            partition = record.place[:2]
            reached[partition] = self._reached(partition)._replace(due=record.place.offset + 1)
        await self._append([_line(record) for record in records], reached)

    async def _append(self, lines: Sequence[Line], reached: Mapping[Partition, Reached]) -> None:
        self._tell(await self._writer.append(lines, reached))

    def _tell(self, batch: Sorted) -> None:
        self._told(batch, self._writer.head.size)


def _line(record: Record) -> Line:
    topic, partition, offset, _ = record.place
    salt = secrets.token_bytes(SALT_SIZE)
    return line_of((topic, partition, offset), record.at, record.headers, record.value, salt)
