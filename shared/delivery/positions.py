"""How far the partitions of a process are: taken over, done, committed, and for how long they have stood still. Pure.

Progress is a committed position that moves, and nothing else: what is tried again and again is no progress.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from aiokafka import TopicPartition

LOOKS, EVERY_SECONDS = 12, 5.0
"""So often in a row a partition must be seen behind and unmoved to stand still: a minute in all.

Looks are counted and not the time: a record that has come this moment, to somebody who had nothing to read for an hour,
is no backlog of an hour; nor is the hour of one whom the machine has halted.
"""


@dataclass(slots=True)
class Position:
    """The offsets that one partition goes on from: after what is in hand, what is done, what is committed."""

    taken: int | None = None
    done: int | None = None
    committed: int | None = None
    seen: int | None = None
    unmoved_looks: int = 0

    @property
    def is_idle(self) -> bool:
        """Whether nothing of it is in hand."""
        return self.taken == self.done


@dataclass(slots=True)
class Positions:
    """The positions of the partitions that are this process's. Looks are counted while any is behind."""

    lag: int = 0
    untried_looks: int = 0
    _of: dict[TopicPartition, Position] = field(default_factory=dict)
    _has_tried: bool = False

    def begin(self, assigned: Collection[TopicPartition]) -> None:
        """Know nothing but that these were assigned; those that stay ours have still stood still for as long."""
        stay = {tp: replace(self._of[tp], taken=None, done=None) for tp in assigned if tp in self._of}
        self._of = {tp: stay.get(tp, Position()) for tp in assigned}

    def take(self, tp: TopicPartition, first: int, last: int) -> None:
        """Records from the first to the last one are in hand."""
        position = self._of.setdefault(tp, Position())
        position.taken = last + 1
        if position.committed is None:
            position.committed = first
        self.note_try()

    def finish(self, tp: TopicPartition, next_: int, kept: int | None) -> int:
        """What is done up to here; returns what may be committed of it: all that nothing in hand stands before."""
        position = self._of.setdefault(tp, Position())
        position.done = next_
        self.note_try()
        return kept if position.is_idle and kept is not None else next_

    def go_back(self, tp: TopicPartition, offset: int) -> None:
        """Nothing is in hand any more: it is read again from here."""
        position = self._of.setdefault(tp, Position())
        position.taken = position.done = offset
        self.note_try()

    def commit(self, offsets: Mapping[TopicPartition, int]) -> None:
        """The broker has taken these."""
        for tp, offset in offsets.items():
            self._of.setdefault(tp, Position()).committed = offset

    def uncommitted(self, kept: Mapping[TopicPartition, int]) -> dict[TopicPartition, int]:
        """Where a position has moved without a record: past markers, and past what was aborted."""
        moved: dict[TopicPartition, int] = {}
        for tp, position in self._of.items():
            if position.committed is None and tp in kept and position.is_idle:
                position.committed = kept[tp]
            if position.committed is not None and position.is_idle and kept.get(tp, 0) > position.committed:
                moved[tp] = kept[tp]
        return moved

    def note_try(self) -> None:
        """Something was done, whatever came of it."""
        self._has_tried = True

    def look(self, ends: Mapping[TopicPartition, int]) -> None:
        """Compare with how far Kafka is now."""
        behind = {tp: max(0, end - (self._committed(tp) or 0)) for tp, end in ends.items() if tp in self._of}
        for tp, lag in behind.items():
            position = self._of[tp]
            is_unmoved = lag > 0 and position.seen in (None, position.committed)
            position.unmoved_looks = position.unmoved_looks + 1 if is_unmoved else 0
            position.seen = position.committed
        self.lag = sum(behind.values())
        self.untried_looks = 0 if self._has_tried or not self.lag else self.untried_looks + 1
        self._has_tried = False

    @property
    def unmoved_looks(self) -> int:
        """How often in a row the partition that stands longest was seen behind and unmoved."""
        return max((position.unmoved_looks for position in self._of.values()), default=0)

    @property
    def is_moving(self) -> bool:
        """Whether no partition stands still."""
        return self.unmoved_looks < LOOKS

    def _committed(self, tp: TopicPartition) -> int | None:
        return self._of[tp].committed
