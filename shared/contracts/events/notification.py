"""What became of a notice."""

from uuid import UUID

from shared.contracts.event import Event
from shared.contracts.fields import Routed
from shared.contracts.forms import OpaqueCode
from shared.contracts.vocabulary import NoticeChannel, NoticeFailure


class NotificationSent(Event, family="notification"):
    """Somebody was told (avis)."""

    notice_id: Routed[UUID]
    ref: Routed[OpaqueCode]
    channel: Routed[NoticeChannel]
    template: Routed[OpaqueCode]
    template_version: Routed[int]


class NotificationFailed(Event, family="notification"):
    """A notice could not be sent: whoever was to be told does not know."""

    notice_id: Routed[UUID]
    ref: Routed[OpaqueCode]
    channel: Routed[NoticeChannel | None] = None
    template: Routed[OpaqueCode]
    template_version: Routed[int]
    reason: Routed[NoticeFailure]
