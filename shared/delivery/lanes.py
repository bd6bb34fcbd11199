"""The lanes of a service, one a partition: each one's records in order, in batches that may be cut anywhere."""

import asyncio
from collections import defaultdict, deque
from collections.abc import Callable, Collection, Sequence

import structlog

from shared.contracts.vocabulary import SetAsideReason
from shared.delivery.arrival import Arrival, Door
from shared.delivery.book import Book
from shared.delivery.decide import needs, receive
from shared.delivery.delivery import Delivery
from shared.delivery.failures import BadDeploy, is_infrastructure
from shared.delivery.record import Record
from shared.delivery.unit import Unit
from shared.delivery.watching import join_trace
from shared.vault import Erased

log = structlog.get_logger()

IN_A_ROW, OF_THE_LAST, REMEMBERED = 5, 20, 100


class Suspicion:
    """Tells a poisoned record from a bad deploy: five failures in a row, or 20 of the last 100."""

    def __init__(self) -> None:
        self._failures: deque[bool] = deque(maxlen=REMEMBERED)

    def note(self, *, failed: bool, times: int = 1) -> None:
        """Remember how records ended: whether our own code failed on them."""
        self._failures.extend([failed] * min(times, REMEMBERED))

    def check_next(self) -> None:
        """Raise `BadDeploy` if one more failure would be one too many."""
        recent = [*self._failures, True]
        if (all(recent[-IN_A_ROW:]) and len(recent) >= IN_A_ROW) or sum(recent) >= OF_THE_LAST:
            raise BadDeploy


class Lanes:
    """Everything that is done with records that were read: those of one lane, or a few of several, together."""

    def __init__(
        self, delivery: Delivery, door_of: Callable[[str], Door], book: Book, suspicion: Suspicion | None = None
    ) -> None:
        self._delivery = delivery
        self._door_of = door_of
        self._book = book
        self._suspicion = suspicion or Suspicion()
        self._flushed: set[str] = set()

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
        except Exception:
            self._flushed -= lanes
            raise

    async def _flush(self, lanes: Collection[str]) -> None:
        if lanes:
            await self._delivery.outbox.flush_lanes(lanes)
            self._flushed |= set(lanes)

    async def _read(self, records: Sequence[Record]) -> Sequence[Arrival]:
        by_topic: dict[str, list[Record]] = defaultdict(list)
        for record in records:
            by_topic[record.place.topic].append(record)
        read = await asyncio.gather(*(self._door_of(topic).read(some) for topic, some in by_topic.items()))
        return [arrival for arrivals in read for arrival in arrivals]

    async def _apply(self, arrivals: Sequence[Arrival]) -> None:
        """All together; where that fails by our own fault, by halves, until a record fails alone."""
        try:
            unit = await self._save(arrivals)
        except Exception as error:
            if is_infrastructure(error):
                raise
            await self._apply_by_halves(arrivals, error)
            return
        self._suspicion.note(failed=False, times=len(arrivals))
        await self._publish(unit, arrivals)

    async def _apply_by_halves(self, arrivals: Sequence[Arrival], error: Exception) -> None:
        if len(arrivals) > 1:
            middle = len(arrivals) // 2
            await self._apply(arrivals[:middle])
            await self._apply(arrivals[middle:])
            return
        await self._end_alone(arrivals[0], error)

    async def _end_alone(self, arrival: Arrival, error: Exception) -> None:
        """A record of an erased case is done; one that our own code fails on is set aside."""
        if isinstance(error, Erased):
            arrival.erased = True
        else:
            self._suspicion.check_next()
            log.error("handler-failed", exc_info=error, event_id=str(arrival.cause.id))
            arrival.refused = SetAsideReason.HANDLER_FAILED
        unit = await self._save([arrival])
        self._suspicion.note(failed=arrival.refused is not None)
        await self._publish(unit, [arrival])

    async def _save(self, arrivals: Sequence[Arrival]) -> Unit:
        def decide(unit: Unit) -> None:
            for arrival in arrivals:
                receive(unit, arrival, self._book)

        _, unit = await self._delivery.attempt(decide, needs(self._book, arrivals), arrivals)
        return unit

    async def _publish(self, unit: Unit, arrivals: Sequence[Arrival]) -> None:
        """A repeat tells that its first owner may have died before publishing: then all that its lane owes is sent."""
        if unit.repeats:
            await self._flush({arrival.record.place.lane for arrival in arrivals})
        else:
            await self._delivery.publish(unit)
