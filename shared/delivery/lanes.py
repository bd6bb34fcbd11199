"""The lanes of a service, one a partition: each one's records in order, in batches that may be cut anywhere."""

import asyncio
from collections import defaultdict, deque
from collections.abc import Callable, Collection, Iterable, Sequence
from itertools import islice

import structlog

from shared.contracts.vocabulary import SetAsideReason
from shared.delivery.arrival import Arrival, Door
from shared.delivery.book import Book
from shared.delivery.cause import record_cause
from shared.delivery.decide import decide_each, needs, receive
from shared.delivery.delivery import Delivery
from shared.delivery.failures import BadDeploy, Blocked, NotSent, Retry, is_infrastructure, triage
from shared.delivery.halving import by_halves
from shared.delivery.handover import Row
from shared.delivery.record import Record
from shared.delivery.remembered import Remembered
from shared.delivery.unit import Unit
from shared.delivery.watching import join_trace
from shared.vault import Erased

log = structlog.get_logger()

IN_A_ROW, OF_THE_LAST, REMEMBERED = 5, 20, 100
BLOCKED_GOES = 10
"""So many goes, over 20 seconds and more, may meet the same conflict before it counts as none of another writer's."""


class Suspicion:
    """Tells a poisoned record from a bad deploy: five failures in a row, or 20 of the last 100."""

    def __init__(self) -> None:
        self._failures: deque[bool] = deque(maxlen=REMEMBERED)

    def note(self, failures: Iterable[bool]) -> None:
        """Remember how records ended: whether our own code failed on each."""
        self._failures.extend(failures)

    def check(self, failures: Iterable[bool]) -> None:
        """Raise `BadDeploy` if one of these failures would be one too many."""
        recent = self._failures.copy()
        for failed in failures:
            recent.append(failed)
            in_a_row = list(islice(reversed(recent), IN_A_ROW))
            if failed and (sum(in_a_row) == IN_A_ROW or sum(recent) >= OF_THE_LAST):
                raise BadDeploy


class Lanes:
    """Everything that is done with records that were read: those of one lane, or a few of several, together."""

    def __init__(
        self,
        delivery: Delivery,
        door_of: Callable[[str], Door],
        book: Book,
        suspicion: Suspicion | None = None,
        halted: Callable[[], object] = lambda: None,
    ) -> None:
        self._delivery = delivery
        self._door_of = door_of
        self._book = book
        self._suspicion = suspicion or Suspicion()
        self._halted = halted
        self._flushed: set[str] = set()
        self._blocked: Remembered[int] = Remembered()

    def begin_afresh(self) -> None:
        """Lanes were assigned anew: their last owner may have died between commit and publish."""
        self._flushed.clear()

    async def run(self, records: Sequence[Record]) -> None:
        """Apply a batch. Returns when all of it is saved and sent; raises what infrastructure raised."""
        lanes = {record.place.lane for record in records}
        try:
            await self._flush(lanes - self._flushed)
            arrivals = await self._read(records)
            for arrival in arrivals:
                join_trace(self._delivery.tracing, arrival)
            await self._apply(arrivals)
        except Exception as error:
            self._flushed -= lanes
            if isinstance(error, BadDeploy):
                log.error("too-many-failures", count=len(lanes))
                self._halted()
            raise

    async def _flush(self, lanes: Collection[str], but: Sequence[Row] = ()) -> None:
        if lanes:
            await self._delivery.outbox.flush_lanes(lanes, but)
            self._flushed |= set(lanes)

    async def _read(self, records: Sequence[Record]) -> Sequence[Arrival]:
        by_topic: dict[str, list[Record]] = defaultdict(list)
        for record in records:
            by_topic[record.place.topic].append(record)
        read = await asyncio.gather(*(self._read_of(topic, some) for topic, some in by_topic.items()))
        return [arrival for arrivals in read for arrival in arrivals]

    async def _read_of(self, topic: str, records: Sequence[Record]) -> Sequence[Arrival]:
        return await by_halves(records, self._door_of(topic).read, self._set_aside_unread)

    async def _set_aside_unread(self, record: Record, error: Exception) -> Arrival:
        """A door never fails because of what a record holds; if it does, that is our own fault."""
        if triage(error) is not Retry.NEVER:
            raise error
        arrival = Arrival(record, str(record.place), record_cause(record))
        _note_failure(arrival, error)
        return arrival

    async def _apply(self, arrivals: Sequence[Arrival]) -> Sequence[None]:
        """All together; where that fails by anything but a server, by halves, until a record fails alone."""
        return await by_halves(arrivals, self._apply_together, self._end_alone)

    async def _apply_together(self, arrivals: Sequence[Arrival]) -> Sequence[None]:
        failures = [arrival.refused is SetAsideReason.HANDLER_FAILED for arrival in arrivals]
        self._suspicion.check(failures)
        unit = await self._save(arrivals)
        self._suspicion.note(failures)
        await self._publish(unit, arrivals)
        return [None] * len(arrivals)

    async def _end_alone(self, arrival: Arrival, error: Exception) -> None:
        """A record of an erased case is done. One that can't be applied, or that our own code fails on, is set aside.

        One for which other writers are too fast comes again, unless nobody is there who could be faster.
        """
        if isinstance(error, Erased):
            arrival.erased = True
        elif triage(error) is not Retry.NEVER and not self._is_blocked_for_good(arrival, error):
            raise error
        elif reason := self._book.reason_for(arrival.content, error):
            log.warning("record-refused", reason=reason, event_id=str(arrival.cause.id))
            arrival.refused = reason
        else:
            _note_failure(arrival, error)
        await self._apply_together([arrival])

    def _is_blocked_for_good(self, arrival: Arrival, error: Exception) -> bool:
        """Whether this record has met one and the same conflict at each of many goes, with pauses in between."""
        if not isinstance(error, Blocked):
            return False
        goes = (self._blocked.get(arrival.inbox_id) or 0) + 1
        self._blocked.keep(arrival.inbox_id, goes)
        return goes >= BLOCKED_GOES

    async def _save(self, arrivals: Sequence[Arrival]) -> Unit:
        def decide(unit: Unit) -> None:
            decide_each(unit, arrivals, lambda arrival: receive(unit, arrival, self._book))

        _, unit = await self._delivery.attempt(decide, needs(self._book, arrivals), arrivals)
        return unit

    async def _publish(self, unit: Unit, arrivals: Sequence[Arrival]) -> None:
        """A repeat tells that its first owner may have died before publishing: then all that its lane owes is sent.

        What fails here is no fault of the records, which are saved. Raises `NotSent`.
        """
        try:
            if unit.repeats:
                await self._flush({arrival.record.place.lane for arrival in arrivals}, unit.rows.inserts["outbox"])
            await self._delivery.publish(unit)
        except Exception as error:
            if is_infrastructure(error):
                raise
            log.error("publish-failed", exc_info=error)
            raise NotSent from error


def _note_failure(arrival: Arrival, error: Exception) -> None:
    """Our own code has failed on this record."""
    log.error("handler-failed", exc_info=error, event_id=str(arrival.cause.id))
    arrival.refused = SetAsideReason.HANDLER_FAILED
