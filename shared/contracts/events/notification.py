"""What became of a notice."""

from uuid import UUID

from shared.contracts.event import Event
from shared.contracts.fields import Routed
from shared.contracts.forms import EnhancedStatus, OpaqueCode
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


class NotificationDelivered(Event, family="notification"):
    """The provider reports that a notice has reached its device or mailbox (accusé de remise). Not that it was read."""

    notice_id: Routed[UUID]
    ref: Routed[OpaqueCode]
    channel: Routed[NoticeChannel]
    template: Routed[OpaqueCode]
    template_version: Routed[int]


class NotificationBounced(Event, family="notification"):
    """A notice that had been sent came back (avis de non-remise): whoever was to be told does not know."""

    notice_id: Routed[UUID]
    ref: Routed[OpaqueCode]
    channel: Routed[NoticeChannel]
    template: Routed[OpaqueCode]
    template_version: Routed[int]
    status: Routed[EnhancedStatus | None] = None


class ContactStopped(Event, family="notification"):
    """Nothing more can leave towards the person of a case (arrêt des contacts): the answer to a request to stop."""

    stop_id: Routed[UUID]
