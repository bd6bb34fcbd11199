"""What could not be handled, and whether all that was said has been heard."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from shared.contracts.blocks import StreamPlace
from shared.contracts.event import Event
from shared.contracts.fields import Routed
from shared.contracts.forms import Day, Sha256Hex
from shared.contracts.vocabulary import SetAsideReason

MOST_IDS, MOST_NAMED = 10_000, 1_000
"""How many ids one event holds: those of a day in parts, those that are missing as far as it takes to find them."""

Number = Annotated[int, Field(ge=1)]
Count = Annotated[int, Field(ge=0)]


class RecordSetAside(Event, family="delivery"):
    """A record could not be handled: a person may be lost until somebody decides about it."""

    place: Routed[StreamPlace]
    reason: Routed[SetAsideReason]
    wait_key: Routed[str | None] = None


class RecordDiscarded(Event, family="delivery"):
    """Somebody gave a set-aside record up. Who stands in the envelope; why, in words, stays sealed with the record."""

    place: Routed[StreamPlace]
    reason: Routed[SetAsideReason]


class DayClosed(Event, family="delivery"):
    """A day (UTC) is over (jour clos): which events a service has said on a topic in it, none or many.

    `digest`: SHA-256 over the ids in their order, one a line, each line ended. A large day is said in `parts`.
    """

    topic: Routed[str]
    day: Routed[Day]
    part: Routed[Number]
    parts: Routed[Number]
    count: Routed[Count]
    digest: Routed[Sha256Hex]
    event_ids: Routed[Annotated[tuple[UUID, ...], Field(max_length=MOST_IDS)]]


class EventsMissing(Event, family="delivery"):
    """The log does not hold what a service says of its day (événements manquants): a person may be lost.

    `event_ids` names what is missing, up to 1 000 of `missing`.
    """

    service: Routed[str]
    topic: Routed[str]
    day: Routed[Day]
    stated: Routed[Count]
    missing: Routed[Number]
    event_ids: Routed[Annotated[tuple[UUID, ...], Field(max_length=MOST_NAMED)]]
