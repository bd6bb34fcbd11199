"""What could not be handled."""

from shared.contracts.blocks import StreamPlace
from shared.contracts.event import Event
from shared.contracts.fields import Routed
from shared.contracts.vocabulary import SetAsideReason


class RecordSetAside(Event, family="delivery"):
    """A record could not be handled: a person may be lost until somebody decides about it."""

    place: Routed[StreamPlace]
    reason: Routed[SetAsideReason]
    wait_key: Routed[str | None] = None


class RecordDiscarded(Event, family="delivery"):
    """Somebody gave a set-aside record up. Who stands in the envelope; why, in words, stays sealed with the record."""

    place: Routed[StreamPlace]
    reason: Routed[SetAsideReason]
