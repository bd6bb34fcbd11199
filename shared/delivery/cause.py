"""Why something is decided: a record that arrived, a tick of a clock, an act of a person."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from shared.delivery.record import Place


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
