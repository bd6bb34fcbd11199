"""Why something is decided: a record that arrived, a tick of a clock, an act of a person."""

from dataclasses import dataclass
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
    """

    id: UUID
    at: datetime
    subject: str = ""
    place: Place | None = None
    by: Actor | None = None
    trace: str | None = None
