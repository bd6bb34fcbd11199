"""Records on their way into their lanes: read ahead, and run in units of work as large as they are many."""

from asyncio import CancelledError, get_running_loop
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from aiokafka import TopicPartition

from shared.delivery.record import RawRecord, size_of
from shared.delivery.turns import Turns
from shared.delivery.unit_size import A_BIT, AIM_SECONDS, UnitSizes

TYPE, LONGEST_TYPE = "ce_type", 64
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
    """A unit of work under way: how many records of each type it has, and how many all units had at once meanwhile."""

    batch: Batch
    counts: Counter[bytes]
    most: Counter[bytes]


class Feed:
    """Keeps the lanes busy. A lane has one unit of work at a time, in the order of its records.

    Many records: a unit a lane, side by side. Few: all that wait share one, since a transaction costs more than what is
    in it, and the busier the process is, the more of them wait together. Lanes that meet, since they change the same
    aggregates, always share one: side by side they would only be in each other's way.

    How many records all units together may hold is told by `sizes`; one that has failed after a long time comes back
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
        sizes: UnitSizes | None = None,
        freed: Callable[[], None] = lambda: None,
        meeting: bool = False,
    ) -> None:
        self._sizes = sizes or UnitSizes()
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
            self._begin_shared(self._sharing(list(waiting)))

    def _sharing(self, lanes: Sequence[TopicPartition]) -> Sequence[TopicPartition]:
        """The lanes of the next unit: all that may share one, or the first, if it may not."""
        return lanes[:1] if lanes[0] in self._apart else [tp for tp in lanes if tp not in self._apart]

    def _begin_shared(self, lanes: Sequence[TopicPartition]) -> None:
        """One unit for all of these, or for as many as there is room for a record of each."""
        left = room = 1.0 - self._share()
        pieces = dict[TopicPartition, Counter[bytes]]()
        for tp in lanes:
            piece = self._piece(tp, room / len(lanes), max(1, BATCH // len(lanes)))
            left -= self._sizes.share(piece)
            if pieces and left < -A_BIT:
                break
            pieces[tp] = piece
        self._begin_unit(pieces)

    def _begin_side_by_side(self, lanes: Sequence[TopicPartition]) -> None:
        """A unit a lane, as long as there is room for a whole one."""
        for tp in lanes:
            room = 1.0 - self._share()
            if self._running and room < A_BIT:
                return
            piece = self._piece(tp, 1.0 / min(len(lanes), SIDE_BY_SIDE), BATCH)
            if self._running and self._sizes.share(piece) > room + A_BIT:
                return
            self._begin_unit({tp: piece})

    def _piece(self, tp: TopicPartition, room: float, most: int) -> Counter[bytes]:
        """A lane's next records, by type: one at least, and no more than fit into this part of what may be in hand."""
        types = [type_of(raw) for raw in islice(self._ahead[tp], most)]
        return Counter(types[: max(1, self._sizes.fitting(types, room))])

    def _begin_unit(self, pieces: Mapping[TopicPartition, Counter[bytes]]) -> None:
        many, counts = {tp: piece.total() for tp, piece in pieces.items()}, sum(pieces.values(), Counter[bytes]())
        batch: Batch = {tp: self._ahead[tp][:n] for tp, n in many.items()}
        for tp, n in many.items():
            # Whoever has had a turn comes last at the next.
            self._ahead[tp] = self._ahead.pop(tp)[n:]
        self._busy.update(many)
        self._running.append(running := Running(batch, counts, counts))
        in_hand, share = self._in_hand(), self._share()
        for each in self._running:
            if self._sizes.share(each.most) < share:
                each.most = in_hand
        self._turns.start(self._work(running))

    def _in_hand(self) -> Counter[bytes]:
        """How many records of each type all units have in hand."""
        return sum((each.counts for each in self._running), Counter[bytes]())

    def _share(self) -> float:
        return self._sizes.share(self._in_hand())

    async def _work(self, running: Running) -> None:
        began_at, batch = get_running_loop().time(), running.batch
        try:
            await self._run([raw for raws in batch.values() for raw in raws])
        except (Exception, CancelledError) as error:
            if get_running_loop().time() - began_at > AIM_SECONDS:
                self._sizes.shrink(running.counts, running.most)
            self._apart.update(batch)
            self._drop(batch)
            await self._again({tp: raws[0].offset for tp, raws in batch.items()}, error)
        else:
            self._sizes.note(running.counts, running.most, get_running_loop().time() - began_at)
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


def type_of(raw: RawRecord) -> bytes:
    """The type of event that a record says it is; nothing where it says so elsewhere, or not."""
    return (next((value for name, value in raw.headers if name == TYPE), None) or b"")[:LONGEST_TYPE]


def _size(records: Sequence[RawRecord]) -> int:
    return sum([size_of(raw) + A_RECORD for raw in records])
