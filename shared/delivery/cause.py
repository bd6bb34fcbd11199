"""Why something is decided: a record that arrived, a deadline or job that ran, an act of a person.

A `Cause` is built here and nowhere else, so that nothing is decided outside of a trace.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

from uuid6 import uuid7

from shared.delivery.clock import Clock
from shared.delivery.envelope import Envelope
from shared.delivery.record import Place, Record
from shared.watch.traces import Tracing, traceparent_now


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acted, by opaque id (CloudEvents auth context)."""

    type: str
    id: str


@dataclass(frozen=True, slots=True)
class Cause:
    """What everything decided from it is computed from: ids, times, who, and the trace it belongs to.

    `at` becomes the `ce_time` of every event said because of it: the record's time, or the clock's for acts and ticks.
    `trace` is the `traceparent` that it continues, `link` a foreign one that may not decide how our traces are joined.
    `sealed` are the event's blocks as they came, for a service that keeps them for people to open later.
    """

    id: UUID
    at: datetime
    subject: str = ""
    place: Place | None = None
    by: Actor | None = None
    trace: str | None = None
    link: str | None = None
    sealed: Mapping[str, str] = field(default_factory=dict, repr=False)


class Clocked(Protocol):
    """What a cause of now needs of a `Delivery`."""

    @property
    def clock(self) -> Clock:
        """The service's clock."""
        ...

    @property
    def tracing(self) -> Tracing:
        """The service's spans."""
        ...


def new_cause(
    delivery: Clocked,
    subject: object = "",
    by: Actor | UUID | None = None,
    *,
    id_: UUID | None = None,
    at: datetime | None = None,
) -> Cause:
    """Return a cause of now, in the trace of the current span.

    `by` is the actor, or the opaque id of the person who asks. `id_` is a computed id, where doing it again must give
    the same events. Outside of any span a trace begins here, so that no event is without one.
    """
    actor = Actor("app_user", str(by)) if isinstance(by, UUID) else by
    trace = traceparent_now() or delivery.tracing.follow("decide", "act")
    return Cause(id_ or uuid7(), at or delivery.clock.now(), subject=str(subject), by=actor, trace=trace)


def record_cause(record: Record, by: Actor | None = None) -> Cause:
    """Return the cause that a record is, named from its place; its trace begins when it is decided about."""
    return Cause(record.place.cause(), record.at, place=record.place, by=by)


def event_cause(record: Record, envelope: Envelope) -> Cause:
    """Return the cause that an event of our own is, in the trace that its header names."""
    by = Actor(envelope.auth_type or "", envelope.auth_id) if envelope.auth_id else None
    return Cause(envelope.id, envelope.time, envelope.subject, record.place, by, envelope.traceparent)
