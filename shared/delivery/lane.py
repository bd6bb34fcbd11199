"""One partition's lane: its records in order, in batches that may be cut anywhere."""

from collections import deque
from collections.abc import Sequence

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


class Lane:
    """Everything that is done with one partition, one batch after the other."""

    def __init__(self, name: str, delivery: Delivery, door: Door, book: Book, suspicion: Suspicion) -> None:
        self.name = name
        self._delivery = delivery
        self._door = door
        self._book = book
        self._suspicion = suspicion
        self._fresh = True

    async def run(self, records: Sequence[Record]) -> None:
        """Apply a batch. Returns when all of it is saved and sent; raises what infrastructure raised."""
        if self._fresh:
            await self._delivery.outbox.flush_lane(self.name)
            self._fresh = False
        arrivals = await self._door.read(records)
        for arrival in arrivals:
            join_trace(self._delivery.tracing, arrival)
        await self._apply(arrivals)

    async def _apply(self, arrivals: Sequence[Arrival]) -> None:
        """All together; where that fails by our own fault, by halves, until a record fails alone."""
        try:
            unit = await self._save(arrivals)
        except Exception as error:
            if is_infrastructure(error):
                self._fresh = True
                raise
            await self._apply_by_halves(arrivals, error)
            return
        self._suspicion.note(failed=False, times=len(arrivals))
        await self._publish(unit)

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
        await self._publish(unit)

    async def _save(self, arrivals: Sequence[Arrival]) -> Unit:
        def decide(unit: Unit) -> None:
            for arrival in arrivals:
                receive(unit, arrival, self._book)

        _, unit = await self._delivery.attempt(decide, needs(self._book, arrivals), arrivals, self.name)
        return unit

    async def _publish(self, unit: Unit) -> None:
        """A repeat tells that its first owner may have died before publishing: then all that the lane owes is sent."""
        try:
            if unit.repeats:
                await self._delivery.outbox.flush_lane(self.name)
            else:
                await self._delivery.publish(unit)
        except Exception:
            self._fresh = True
            raise
