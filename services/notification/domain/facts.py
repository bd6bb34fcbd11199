"""What is said of a notice: that somebody was told, or was not. Only a `ref` names the recipient."""

from typing import Any

from services.notification.domain.notice import Notice, NoticeState
from shared.contracts.events import NotificationBounced, NotificationDelivered, NotificationFailed, NotificationSent
from shared.contracts.forms import EnhancedStatus
from shared.contracts.vocabulary import NoticeFailure

Outcome = NotificationSent | NotificationDelivered | NotificationBounced | NotificationFailed


def outcome(notice: Notice, status: EnhancedStatus | None = None) -> Outcome | None:
    """The fact that a notice has ended with, if it has ended with one. `status` is why it came back."""
    match notice.state:
        case NoticeState.SENT:
            return NotificationSent(channel=notice.channel, **_of(notice))
        case NoticeState.DELIVERED:
            return NotificationDelivered(channel=notice.channel, **_of(notice))
        case NoticeState.BOUNCED:
            return NotificationBounced(channel=notice.channel, status=status, **_of(notice))
        case NoticeState.FAILED if notice.failure:
            return _failed(notice, notice.failure)
    return None


def _of(notice: Notice) -> dict[str, Any]:
    """Which notice it is: a reference to its recipient and the text, never an address, never the words."""
    members = {"notice_id": notice.id, "ref": notice.ref}
    return members | {"template": notice.template, "template_version": notice.template_version}


def _failed(notice: Notice, failure: NoticeFailure) -> NotificationFailed:
    channel = None if failure is NoticeFailure.NO_CHANNEL else notice.channel
    return NotificationFailed(channel=channel, reason=failure, **_of(notice))
