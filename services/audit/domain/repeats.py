"""Which lines of a batch are new, which only repeat what the log holds, and which contradict it."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from services.audit.domain.leaf import Leaf, commitment
from services.audit.domain.reading import Line, is_station_topic


@dataclass(frozen=True, slots=True)
class Held:
    """An event that the log holds already: its commitment, and its salt unless its content was deleted."""

    commit: str
    salt: bytes | None


@dataclass(slots=True)
class Known:
    """What the log holds of the events in a batch: by topic and event id, and the ids that took each sequence."""

    events: dict[str, Held] = field(default_factory=dict)
    orders: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sorted:
    """The lines to append, in order, and how many records were dropped because the log holds them."""

    lines: tuple[Line, ...]
    repeats: int

    @property
    def conflicts(self) -> int:
        """How many contradict an event that came earlier: an alarm."""
        return sum(line.leaf.kind == "conflict" for line in self.lines)


def event_key(line: Line) -> str | None:
    """What must be unique: topic and event id of one of our own events. Stations' records have no such key."""
    leaf = line.leaf
    return f"{leaf.src[0]} {leaf.id}" if leaf.src and _is_ours(leaf) else None


def order_key(line: Line) -> str | None:
    """What must be unique, too: the sequence of one of our own events among those of its source and subject."""
    leaf = line.leaf
    return f"{leaf.source} {leaf.subject} {leaf.seq}" if leaf.seq is not None and _is_ours(leaf) else None


def _is_ours(leaf: Leaf) -> bool:
    return leaf.kind == "event" and leaf.src is not None and not is_station_topic(leaf.src[0])


def sort_out(lines: Iterable[Line], known: Known) -> Sorted:
    """Sort a batch against what the log holds and against itself. Every record ends as one line or as a repeat."""
    seen = Known(dict(known.events), dict(known.orders))
    kept, repeats = [], 0
    for line in lines:
        key, order = event_key(line), order_key(line)
        held = seen.events.get(key) if key else None
        if held and _is_same(line, held):
            repeats += 1
        elif held or (order and seen.orders.get(order, key) != key):
            kept.append(replace(line, leaf=line.leaf.in_conflict()))
        else:
            kept.append(line)
            _take(seen, line, key, order)
    return Sorted(tuple(kept), repeats)


def _take(seen: Known, line: Line, key: str | None, order: str | None) -> None:
    if key:
        seen.events[key] = Held(line.leaf.commit or "", line.salt)
    if key and order:
        seen.orders[order] = key


def _is_same(line: Line, held: Held) -> bool:
    """Without its salt a deleted content can't be compared: then the same id counts as the same event."""
    return held.salt is None or commitment(held.salt, line.value or b"") == held.commit
