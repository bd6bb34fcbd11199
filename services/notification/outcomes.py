"""Keeps what became of a notice, says it, and sees to what follows: another is told, a stop is answered."""

from services.notification.domain import facts
from services.notification.domain.notice import Notice, NoticeState
from services.notification.store import NOTICES, OF_A_CASE, STOPS
from shared.contracts.events import ContactStopped
from shared.contracts.forms import EnhancedStatus
from shared.delivery.unit import Work

UNTOLD = frozenset({NoticeState.FAILED, NoticeState.BOUNCED})


def keep_new(notice: Notice, work: Work) -> None:
    """Keep a notice that was not there before. What follows in this unit of work must find it by its case."""
    key = str(notice.case_id)
    work.put(OF_A_CASE, key, (*(work.get(OF_A_CASE, key) or ()), str(notice.id)))
    end_notice(notice, work)


def end_notice(notice: Notice, work: Work, status: EnhancedStatus | None = None) -> None:
    """Keep what became of a notice, and say it of each case that it tells of if that is an end.

    Where its recipient could not be told, whoever stands in is. `status` is why it came back (RFC 3463).
    """
    work.put(NOTICES, notice.id, notice)
    if fact := facts.outcome(notice, status):
        # Counted by case, not by notice: a case's notices share one subject, and readers count by subject.
        for case_id in notice.tells_of:
            work.say(fact, case_id, correlation=case_id)
    if notice.state in UNTOLD:
        _tell_others(notice, work)
    if notice.stop_id and not notice.is_open():
        _answer_stop(notice, work)


def _tell_others(notice: Notice, work: Work) -> None:
    for id_ in notice.stand_ins:
        stand_in = work.get(NOTICES, id_)
        if stand_in and stand_in.state is NoticeState.STANDBY:
            work.put(NOTICES, id_, stand_in.instead(work.cause.at))


def _answer_stop(notice: Notice, work: Work) -> None:
    stop = work.get(STOPS, notice.stop_id) if notice.stop_id else None
    if stop is None or notice.id not in stop.awaits:
        return
    left = stop.without(notice.id)
    work.put(STOPS, stop.id, left)
    if not left.awaits:
        work.say(ContactStopped(stop_id=stop.id), stop.case_id, correlation=stop.case_id)
