"""What is decided about the sending of a notice: before an attempt, after it, and when its provider reports of it."""

from datetime import datetime
from uuid import UUID

from services.notification.domain.hours import after_quiet, next_safe
from services.notification.domain.notice import Handover, Notice, NoticeState, Patience
from services.notification.domain.recipients import recipient_of
from services.notification.handlers import cancel
from services.notification.outcomes import end_notice
from services.notification.store import NOTICES
from shared.contracts.forms import EnhancedStatus
from shared.contracts.vocabulary import NoticeFailure, Urgency
from shared.delivery.unit import Work

ON_ITS_WAY = frozenset({NoticeState.SENDING, NoticeState.UNKNOWN, NoticeState.OWED})


class NoSuchNotice(Exception):
    """There is no such notice."""


class NotAgain(Exception):
    """It can't be sent again: it went to the person herself, is still owed, or its address is no longer kept."""


def begin_sending(id_: UUID, n: int, opened: bytes, work: Work, patience: Patience) -> Notice | None:
    """Mark that the n-th attempt begins. The notice to send, unless another instance has it or its time is not come.

    `opened` is whom its event names: when somebody may be told is looked at in this very moment.
    """
    notice = work.get(NOTICES, id_)
    if notice is None or not notice.can_begin(n):
        return None
    if notice.state is NoticeState.SENDING:
        # Whoever was sending it died over it: it may have gone.
        end_notice(notice.ended(Handover.UNKNOWN, work.cause.at, patience), work)
        return None
    waits = _waiting(notice, opened, work.cause.at)
    if waits is not None:
        end_notice(waits, work)
        return None
    begun = notice.begun(work.cause.at, patience)
    work.put(NOTICES, id_, begun)
    return begun


def end_sending(id_: UUID, n: int, handover: Handover, work: Work, patience: Patience) -> None:
    """Keep and say how the n-th attempt ended. One that a later one has overtaken counts only if it told somebody."""
    notice = work.get(NOTICES, id_)
    if notice and notice.is_open() and (notice.attempts == n or handover is Handover.TAKEN):
        end_notice(notice.ended(handover, work.cause.at, patience), work)


def cancel_sending(id_: UUID, work: Work) -> None:
    """Nobody is told of a case that is erased."""
    notice = work.get(NOTICES, id_)
    if notice and notice.is_open():
        cancel(notice, work)


def note_delivered(id_: UUID, work: Work) -> None:
    """Its provider reports that it has arrived, perhaps before we knew that it was taken. Raises `NoSuchNotice`."""
    notice = _known(id_, work)
    if notice.attempts and notice.state in ON_ITS_WAY:
        notice = notice.ended(Handover.TAKEN, work.cause.at, Patience())
        end_notice(notice, work)
    if notice.state is NoticeState.SENT:
        end_notice(notice.delivered(), work)


def note_bounced(id_: UUID, status: EnhancedStatus | None, work: Work) -> None:
    """Its provider reports that it came back: a professional is told another way. Raises `NoSuchNotice`."""
    notice = _known(id_, work)
    if not notice.attempts or notice.state in (NoticeState.DELIVERED, NoticeState.BOUNCED, NoticeState.FAILED):
        return
    another = notice.by_another_way(work.cause.at) if notice.sealed and not notice.is_to_person else None
    bounced = notice.bounced()
    end_notice(bounced.model_copy(update={"stand_ins": ()}) if another else bounced, work, status)
    if another:
        work.put(NOTICES, id_, another)


def send_again(id_: UUID, work: Work) -> None:
    """An operator has a notice sent once more. Raises `NoSuchNotice`, `NotAgain`."""
    notice = _known(id_, work)
    if notice.is_to_person or notice.sealed is None or notice.is_open():
        raise NotAgain
    work.put(NOTICES, id_, notice.again(work.cause.at))


def _known(id_: UUID, work: Work) -> Notice:
    notice = work.get(NOTICES, id_)
    if notice is None:
        raise NoSuchNotice
    return notice


def _waiting(notice: Notice, opened: bytes, at: datetime) -> Notice | None:
    """The notice as it has to wait, or can't be sent any more; none where it may go now."""
    recipient = recipient_of(notice, opened)
    if recipient is None:
        return notice.failed(NoticeFailure.NO_CHANNEL)
    if not notice.is_to_person:
        until = at if notice.urgency is Urgency.IMMEDIATE else after_quiet(recipient.quiet, at)
        return notice.put_off(until) if until > at else None
    if notice.not_after is None or at >= notice.not_after:
        return notice.failed(NoticeFailure.TOO_LATE)
    safe_at = next_safe(recipient.safe, at) if recipient.safe else None
    if safe_at is None or safe_at >= notice.not_after:
        return notice.failed(NoticeFailure.NO_SAFE_WAY)
    return notice.put_off(safe_at) if safe_at > at else None
