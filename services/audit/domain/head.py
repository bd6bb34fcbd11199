"""Where the log stands: how long it is, what its lines amount to, and how far each source has been read."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import NamedTuple

from services.audit.domain.edge import Edge, Row
from services.audit.domain.leaf import gap_leaf, reset_leaf
from services.audit.domain.merkle import Frontier, leaf_hash
from services.audit.domain.reading import Line
from services.audit.domain.tiles import Tile

Partition = tuple[str, int]
"""A topic without its namespace, and the number of one of its partitions."""


class Reached(NamedTuple):
    """How far a partition has been read: the offset that is due next, and how often its topic began anew.

    `topic_id` is Kafka's id of the topic, where it is known: a topic made anew has the same name and another id.
    """

    due: int = 0
    life: int = 0
    topic_id: str = ""


class Bounds(NamedTuple):
    """What a partition holds now: its first offset, and the one that its next record will have."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Head:
    """The log's state. `epoch` counts the processes that have written: an older one can write no more."""

    epoch: int = 0
    frontier: Frontier = field(default_factory=Frontier)
    reached: Mapping[Partition, Reached] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """How many lines there are."""
        return self.frontier.size


@dataclass(frozen=True, slots=True)
class Entry:
    """A line in its place."""

    index: int
    line: Line
    leaf: bytes
    leaf_hash: bytes
    life: int


@dataclass(frozen=True, slots=True)
class Growth:
    """What one batch adds to the log, and what the log is then."""

    head: Head
    edge: Edge
    entries: tuple[Entry, ...]
    tiles: Mapping[Tile, Row]


def grow(head: Head, edge: Edge, lines: Iterable[Line], reached: Mapping[Partition, Reached]) -> Growth:
    """Append lines in their order; `reached` is what has been read of each partition they come from."""
    everything = {**head.reached, **reached}
    entries = tuple(
        Entry(index, line, leaf := line.leaf.canonical(), leaf_hash(leaf), _life(line, everything))
        for index, line in enumerate(lines, start=head.size)
    )
    hashes = [entry.leaf_hash for entry in entries]
    new_edge, tiles = edge.grown(hashes)
    return Growth(replace(head, frontier=head.frontier.grown(hashes), reached=everything), new_edge, entries, tiles)


def _life(line: Line, reached: Mapping[Partition, Reached]) -> int:
    return reached[line.leaf.src[:2]].life if line.leaf.src else 0


def has_begun_anew(reached: Reached, bounds: Bounds) -> bool:
    """Whether a partition ends before what was read of it: its topic was made anew, or lost its end."""
    return bounds.end < reached.due


def catch_up(
    partition: Partition, reached: Reached, bounds: Bounds, at: datetime, topic_id: str = ""
) -> tuple[Reached, list[Line]]:
    """Where to read on, and the lines that say what can't be read any more.

    A jump of offsets inside what Kafka still holds is no loss: transaction markers and aborted records have offsets.
    """
    topic_id = topic_id or reached.topic_id
    is_another = bool(reached.due) and reached.topic_id not in ("", topic_id)
    if is_another or has_begun_anew(reached, bounds):
        anew = Line(reset_leaf((*partition, bounds.start), reached.due, at))
        return Reached(bounds.start, reached.life + 1, topic_id), [anew]
    if bounds.start > reached.due:
        lost = Line(gap_leaf((*partition, reached.due), bounds.start, at))
        return Reached(bounds.start, reached.life, topic_id), [lost]
    return reached._replace(topic_id=topic_id), []
