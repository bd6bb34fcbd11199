"""What is said of a notice: that somebody was told, or was not. Only a `ref` names the recipient."""

from services.notification.domain.notice import Notice, NoticeState
from shared.contracts.events import NotificationFailed, NotificationSent
from shared.contracts.vocabulary import NoticeFailure


def outcome(notice: Notice) -> NotificationSent | NotificationFailed | None:
    """The fact that a notice has ended with, if it has ended with one."""
    if notice.state is NoticeState.SENT:
        return _sent(notice)
    if notice.state is NoticeState.FAILED and notice.failure:
        return _failed(notice, notice.failure)
    return None


def _sent(notice: Notice) -> NotificationSent:
    return NotificationSent(
        notice_id=notice.id,
        ref=notice.ref,
        channel=notice.channel,
        template=notice.template,
        template_version=notice.template_version,
    )


def _failed(notice: Notice, failure: NoticeFailure) -> NotificationFailed:
    return NotificationFailed(
        notice_id=notice.id,
        ref=notice.ref,
        channel=None if failure is NoticeFailure.NO_CHANNEL else notice.channel,
        template=notice.template,
        template_version=notice.template_version,
        reason=failure,
    )
