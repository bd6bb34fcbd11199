"""The unit of work: everything that one transaction will save, and the desk at which a handler sits."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeVar
from uuid import UUID, uuid5

from pydantic import BaseModel

from shared.contracts.event import Event
from shared.contracts.events import RecordDiscarded, RecordSetAside, StreamPlace
from shared.contracts.ids import event_id
from shared.contracts.topics import own_topic, source, topic_of
from shared.contracts.vocabulary import SetAsideReason
from shared.delivery.arrival import Arrival
from shared.delivery.cause import Cause, record_cause
from shared.delivery.envelope import Envelope
from shared.delivery.left_out import is_too_large
from shared.delivery.record import Record
from shared.delivery.shelf import CachedView, Key, Shelf, Tracked, View, stream
from shared.delivery.transaction import Closing, Rows
from shared.vault import Keys

S = TypeVar("S", bound=BaseModel)
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Said:
    """An event that was decided: not sealed yet, not saved yet, not sent yet."""

    envelope: Envelope
    topic: str
    event: Event
    aggregate: str
    rev: int
    i: int
    lane: str | None


def row_id(arrival: Arrival) -> UUID:
    """The id of a record's set-aside row: computed from the record, the same at every attempt."""
    return uuid5(arrival.cause.id, "set-aside")


@dataclass(frozen=True, slots=True)
class Aside:
    """A record that can't be handled now: set aside for an operator, or waiting behind one that is."""

    arrival: Arrival
    state: Literal["set-aside", "waiting"]
    reason: SetAsideReason


@dataclass(slots=True)
class Unit:
    """What one transaction will hold. It is thrown away whole when anything fails.

    `known` tells what became of records, by inbox id; `keys` are data keys that were read or made a moment ago.
    `seconds_left` is how long it may still be thought about, if it holds more than one item.
    """

    service: str
    states: dict[Key, Tracked]
    known: dict[str, str] = field(default_factory=dict)
    keys: Keys = field(default_factory=dict)
    said: list[Said] = field(default_factory=list)
    aside: list[Aside] = field(default_factory=list)
    inbox: list[dict[str, Any]] = field(default_factory=list)
    closings: list[Closing] = field(default_factory=list)
    wanted: set[Key] = field(default_factory=set)
    rows: Rows = field(default_factory=Rows)
    repeats: int = 0
    seconds_left: float = float("inf")

    def note(self, arrival: Arrival, outcome: str) -> None:
        """Take an arrival into the inbox with what became of it, so that a repeat is dropped."""
        row = {"_id": arrival.inbox_id, "outcome": outcome, "subject": arrival.cause.subject, "at": arrival.cause.at}
        self.inbox.append(row)
        self.known[arrival.inbox_id] = outcome

    def note_again(self, arrival: Arrival, before: str, outcome: str) -> None:
        """Change what became of an arrival that is in the inbox already."""
        self.close("inbox", {"_id": arrival.inbox_id, "outcome": before}, {"outcome": outcome})
        self.known[arrival.inbox_id] = outcome

    def set_aside(self, arrival: Arrival, reason: SetAsideReason) -> None:
        """Keep a record's bytes, unless they are too many, and say that a person may be lost."""
        reason = SetAsideReason.TOO_LARGE if is_too_large(arrival.record) else reason
        self.aside.append(Aside(arrival, "set-aside", reason))
        self.say_set_aside(arrival, reason)

    def say_set_aside(self, arrival: Arrival, reason: SetAsideReason, attempt: int = 0) -> None:
        """Say that somebody must decide about a record, which has been tried so often before."""
        place = StreamPlace(**arrival.record.place.named())
        event = RecordSetAside(place=place, reason=reason, wait_key=arrival.wait_key)
        Work(self, arrival.cause, first_step=attempt).say(event, row_id(arrival), topic=own_topic(self.service))

    def say_discarded(self, arrival: Arrival, reason: SetAsideReason, cause: Cause) -> None:
        """Say that somebody has given a set-aside record up."""
        event = RecordDiscarded(place=StreamPlace(**arrival.record.place.named()), reason=reason)
        Work(self, cause).say(event, row_id(arrival), topic=own_topic(self.service))

    def tracked(self, key: Key) -> Tracked:
        """The aggregate of a key; one that was not loaded counts as absent and is asked for at the next attempt."""
        if key not in self.states:
            self.wanted.add(key)
            self.states[key] = Tracked(key)
        return self.states[key]

    def close(self, collection: str, expected: dict[str, Any], change: dict[str, Any]) -> None:
        """Move a row on, on condition that it still stands as expected."""
        gone = {name: "" for name, value in change.items() if value is None}
        update = {"$set": {name: value for name, value in change.items() if value is not None}}
        self.closings.append(Closing(collection, expected, update | ({"$unset": gone} if gone else {})))

    def touched(self) -> Iterable[Tracked]:
        """The aggregates that must be saved."""
        return [each for each in self.states.values() if each.is_touched]


class Work:
    """A handler's desk: what it may look at, keep and say because of one cause."""

    def __init__(self, unit: Unit, cause: Cause, first_step: int = 0) -> None:
        self.cause = cause
        self._unit = unit
        self._first_step = first_step
        self._steps: dict[str, int] = {}
        self._touched: set[Key] = set()
        self._changed: set[Key] = set()

    def get(self, shelf: Shelf[S] | View[V] | CachedView[V], id_: object) -> S | V | None:
        """What stands on a shelf under this id, as this unit of work knows it."""
        state: S | V | None = self._unit.tracked((shelf, str(id_))).state
        return state

    def version(self, shelf: Shelf[Any], id_: object) -> int:
        """How often the facts of an aggregate have changed: its ETag. 0 where there is none."""
        return self._unit.tracked((shelf, str(id_))).version

    def put(self, shelf: Shelf[S] | View[V] | CachedView[V], id_: object, state: S | V) -> None:
        """Keep a new or changed state."""
        key: Key = (shelf, str(id_))
        tracked = self._unit.tracked(key)
        if isinstance(shelf, Shelf) and state != tracked.state:
            self._touch(key, tracked)
            self._change(key, tracked)
        tracked.state = state

    def say(
        self,
        event: Event,
        subject: object,
        *,
        of: tuple[Shelf[Any], object] | None = None,
        topic: str | None = None,
        correlation: object | None = None,
    ) -> UUID:
        """Record a fact about a subject; `of` names the aggregate whose fact it is, if it has one.

        It is saved with everything else of this unit of work, and published after the commit.
        """
        said_on = topic or topic_of(type(event))
        key: Key = (of[0], str(of[1])) if of else stream(said_on, subject)
        tracked = self._unit.tracked(key)
        self._touch(key, tracked)
        tracked.sequences[said_on] = tracked.sequences.get(said_on, 0) + 1
        envelope = self._envelope(event, str(subject), said_on, tracked.sequences[said_on], correlation)
        lane = self.cause.place.lane if self.cause.place else None
        self._unit.said.append(Said(envelope, said_on, event, tracked.aggregate, tracked.rev, tracked.said, lane))
        tracked.said += 1
        return envelope.id

    def set_aside(self, record: Record, reason: SetAsideReason) -> None:
        """Have people look at something that this service has kept, as at a record that could not be handled."""
        arrival = Arrival(record, str(record.place), replace(record_cause(record), trace=self.cause.trace))
        self._unit.set_aside(arrival, reason)
        self._unit.note(arrival, "set-aside")

    def _envelope(self, event: Event, subject: str, topic: str, sequence: int, correlation: object | None) -> Envelope:
        by = self.cause.by
        return Envelope(
            id=event_id(self.cause.id, self._unit.service, event.type, self._step(event.type)),
            type=event.type,
            source=source(self._unit.service, topic),
            subject=subject,
            time=self.cause.at,
            sequence=sequence,
            correlation_id=None if correlation is None else str(correlation),
            causation_id=self.cause.id,
            auth_type=None if by is None else by.type,
            auth_id=None if by is None else by.id,
            traceparent=self.cause.trace,
        )

    def _step(self, type_: str) -> int:
        n = self._steps.get(type_, self._first_step)
        self._steps[type_] = n + 1
        return n

    def _touch(self, key: Key, tracked: Tracked) -> None:
        if key not in self._touched:
            self._touched.add(key)
            tracked.rev += 1
            tracked.said = 0

    def _change(self, key: Key, tracked: Tracked) -> None:
        if key not in self._changed:
            self._changed.add(key)
            tracked.version += 1
