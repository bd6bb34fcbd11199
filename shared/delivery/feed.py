"""Records on their way into their lanes: read ahead, and run in units of work as large as they are many."""

from asyncio import CancelledError, get_running_loop
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from aiokafka import TopicPartition

from shared.delivery.record import RawRecord, size_of
from shared.delivery.turns import Turns
from shared.delivery.unit_size import AIM_SECONDS, UnitSize

BATCH, FEW = 500, 100
SIDE_BY_SIDE = 3
"""Units of work at least that share what a process may have in hand, where so many lanes wait."""
APART = 0.02
"""Seconds between the beginnings of units of few records."""

A_RECORD = 1024
"""Bytes that a record takes beside what is in it: its objects."""

Batch = Mapping[TopicPartition, Sequence[RawRecord]]


@dataclass(slots=True, eq=False)
class Running:
    """A unit of work under way, and how many records all units had in hand at once meanwhile."""

    batch: Batch
    most: int = 0


class Feed:
    """Keeps the lanes busy. A lane has one unit of work at a time, in the order of its records.

    Many records: a unit a lane, side by side. Few: all that wait share one, since a transaction costs more than what is
    in it, and the busier the process is, the more of them wait together. Lanes that meet, since they change the same
    aggregates, always share one: side by side they would only be in each other's way.

    How many records all units together may hold is told by `size`; one that has failed after a long time comes back
    smaller. Lanes that have failed together come again each in a unit of its own, so that one holds up no other.

    `run` ends a batch. `done` is told the offsets to go on from, `again` where lanes began that infrastructure has
    stopped: what they had read ahead is then dropped, for it will be read again. `freed` is told when less is in hand.
    """

    def __init__(
        self,
        run: Callable[[Sequence[RawRecord]], Awaitable[None]],
        done: Callable[[Mapping[TopicPartition, int]], Awaitable[None]],
        again: Callable[[Mapping[TopicPartition, int], BaseException], Awaitable[None]],
        *,
        size: UnitSize | None = None,
        freed: Callable[[], None] = lambda: None,
        meeting: bool = False,
    ) -> None:
        self._size = size or UnitSize()
        self._run = run
        self._done = done
        self._again = again
        self._freed = freed
        self._meeting = meeting
        self._ahead: dict[TopicPartition, list[RawRecord]] = {}
        self._busy: set[TopicPartition] = set()
        self._apart: set[TopicPartition] = set()
        self._running: list[Running] = []
        self._turns = Turns(self._begin, APART, rest=True)
        self.in_hand = 0
        """Bytes of the records that were taken and are not done yet, roughly."""

    def take(self, tp: TopicPartition, records: Sequence[RawRecord]) -> None:
        """Have these done after all that were taken of their partition before."""
        self._ahead.setdefault(tp, []).extend(records)
        self.in_hand += _size(records)
        self._begin()

    async def end(self) -> None:
        """Take what is being done to its end, and begin nothing more."""
        self._drop(list(self._ahead))
        await self._turns.end()

    def _begin(self) -> None:
        """Begin with whatever waits and is not held up by its own lane."""
        waiting = {tp: ahead for tp, ahead in self._ahead.items() if ahead and tp not in self._busy}
        is_much = sum(map(len, waiting.values())) > FEW
        if is_much and not self._meeting:
            self._begin_side_by_side(list(waiting))
        elif waiting and self._turns.is_free(is_much=is_much):
            room = max(1, self._size.limit - self._running_records())
            shared = self._sharing(list(waiting))[:room]
            self._begin_unit(shared, min(BATCH, room) // len(shared))

    def _sharing(self, lanes: Sequence[TopicPartition]) -> Sequence[TopicPartition]:
        """The lanes of the next unit: all that may share one, or the first, if it may not."""
        return lanes[:1] if lanes[0] in self._apart else [tp for tp in lanes if tp not in self._apart]

    def _begin_side_by_side(self, lanes: Sequence[TopicPartition]) -> None:
        """A unit a lane, as long as there is room for a whole one."""
        most = max(1, min(BATCH, self._size.limit // min(len(lanes), SIDE_BY_SIDE)))
        for tp in lanes:
            if self._running and self._running_records() + min(most, len(self._ahead[tp])) > self._size.limit:
                return
            self._begin_unit([tp], most)

    def _begin_unit(self, lanes: Collection[TopicPartition], most: int) -> None:
        batch: Batch = {tp: self._ahead[tp][:most] for tp in lanes}
        for tp in lanes:
            # Whoever has had a turn comes last at the next.
            self._ahead[tp] = self._ahead.pop(tp)[most:]
        self._busy.update(lanes)
        self._running.append(running := Running(batch))
        in_hand = self._running_records()
        for each in self._running:
            each.most = max(each.most, in_hand)
        self._turns.start(self._work(running))

    def _running_records(self) -> int:
        return sum(_count(each.batch) for each in self._running)

    async def _work(self, running: Running) -> None:
        began_at, batch = get_running_loop().time(), running.batch
        try:
            await self._run([raw for raws in batch.values() for raw in raws])
        except (Exception, CancelledError) as error:
            if get_running_loop().time() - began_at > AIM_SECONDS:
                self._size.shrink(running.most)
            self._apart.update(batch)
            self._drop(batch)
            await self._again({tp: raws[0].offset for tp, raws in batch.items()}, error)
        else:
            self._size.note(running.most, get_running_loop().time() - began_at)
            self._apart.difference_update(batch)
            await self._done({tp: raws[-1].offset + 1 for tp, raws in batch.items()})
        finally:
            self._running.remove(running)
            self.in_hand -= sum(_size(raws) for raws in batch.values())
            self._freed()
            self._busy.difference_update(batch)

    def _drop(self, lanes: Collection[TopicPartition]) -> None:
        for tp in lanes:
            self.in_hand -= _size(self._ahead.pop(tp, []))


def _count(batch: Batch) -> int:
    return sum(map(len, batch.values()))


def _size(records: Sequence[RawRecord]) -> int:
    return sum([size_of(raw) + A_RECORD for raw in records])
