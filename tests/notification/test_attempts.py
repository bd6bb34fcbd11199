"""What becomes of a notice when it is sent, decided without any server."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notification.attempts import begin_sending, cancel_sending, end_sending
from services.notification.domain.notice import Handover, Notice, NoticeState, Patience
from services.notification.domain.recipients import RECIPIENTS
from services.notification.store import NOTICES
from shared.contracts.blocks import SafeHours
from shared.contracts.events import NotificationFailed, NotificationSent
from shared.contracts.vocabulary import NoticeFailure, RecipientRole
from tests.notification.builders import MONDAY, PATIENCE, SECOND, Desk, a_notice, a_recipient

CRASHED: dict[str, Any] = {"state": NoticeState.SENDING, "attempts": 1}
LATER = MONDAY + timedelta(minutes=1)
OPENED = RECIPIENTS.dump_json((a_recipient(safe=SafeHours(zone="Europe/Paris")),))


def begun(desk: Desk, n: int = 1) -> Notice | None:
    return begin_sending(desk.notices()[0].id, n, OPENED, desk.work(LATER), PATIENCE)


def ended(desk: Desk, handover: Handover, n: int = 1) -> Notice:
    end_sending(desk.notices()[0].id, n, handover, desk.work(LATER), PATIENCE)
    [notice] = desk.notices()
    return notice


def test_an_attempt_leaves_a_mark_before_anything_is_sent() -> None:
    desk = Desk(a_notice())
    assert begun(desk) == desk.notices()[0]
    [notice] = desk.notices()
    assert (notice.state, notice.attempts) == (NoticeState.SENDING, 1)
    assert notice.due_at == LATER + PATIENCE.one_sending


def test_of_two_instances_only_one_begins_an_attempt() -> None:
    desk = Desk(a_notice())
    assert [bool(begun(desk)), bool(begun(desk))] == [True, False]


def test_a_mail_that_was_taken_is_said_to_be_sent() -> None:
    desk = Desk(a_notice(**CRASHED))
    notice, [event] = ended(desk, Handover.TAKEN), desk.said()
    assert (notice.state, notice.due_at) == (NoticeState.SENT, None)
    assert isinstance(event, NotificationSent)
    assert (event.ref, event.notice_id) == (notice.ref, notice.id)


def test_a_mail_that_was_refused_is_not_tried_again() -> None:
    desk = Desk(a_notice(**CRASHED))
    notice, [event] = ended(desk, Handover.REFUSED), desk.said()
    assert (notice.state, notice.due_at) == (NoticeState.FAILED, None)
    assert isinstance(event, NotificationFailed)
    assert event.reason is NoticeFailure.REFUSED


@pytest.mark.parametrize("handover", [Handover.PUT_OFF, Handover.UNKNOWN])
def test_a_professional_is_told_again_until_it_is_certain(handover: Handover) -> None:
    desk = Desk(a_notice(**CRASHED))
    notice = ended(desk, handover)
    assert notice.due_at
    assert LATER < notice.due_at <= LATER + 1.5 * PATIENCE.first_wait
    assert begun(desk, n=2)
    assert desk.said() == []


def test_the_person_is_never_told_twice() -> None:
    desk = Desk(a_notice(RecipientRole.PERSON, **CRASHED, not_after=MONDAY + timedelta(hours=2)))
    assert not ended(desk, Handover.UNKNOWN).is_open()
    assert begun(desk, n=2) is None


def test_the_person_is_tried_again_after_what_was_certainly_not_sent() -> None:
    desk = Desk(a_notice(RecipientRole.PERSON, **CRASHED, not_after=MONDAY + timedelta(hours=2)))
    assert ended(desk, Handover.PUT_OFF).is_open()
    assert begun(desk, n=2)


def test_a_crash_inside_a_send_counts_as_unknown() -> None:
    desk = Desk(a_notice(**CRASHED))
    assert begun(desk, n=2) is None
    assert [each.state for each in desk.notices()] == [NoticeState.UNKNOWN]
    assert begun(desk, n=2)


def test_a_crash_while_the_person_was_told_ends_it() -> None:
    desk = Desk(a_notice(RecipientRole.PERSON, **CRASHED, not_after=MONDAY + timedelta(hours=2)))
    assert begun(desk, n=2) is None
    assert [each.is_open() for each in desk.notices()] == [False]


def test_after_enough_attempts_it_is_given_up_aloud() -> None:
    desk = Desk(a_notice(state=NoticeState.SENDING, attempts=PATIENCE.attempts))
    notice, [event] = ended(desk, Handover.PUT_OFF, n=PATIENCE.attempts), desk.said()
    assert not notice.is_open()
    assert isinstance(event, NotificationFailed)
    assert event.reason is NoticeFailure.GIVEN_UP


def test_an_attempt_that_was_overtaken_counts_only_if_it_told_somebody() -> None:
    desk = Desk(a_notice(state=NoticeState.SENDING, attempts=2))
    assert ended(desk, Handover.REFUSED, n=1).state is NoticeState.SENDING
    assert ended(desk, Handover.TAKEN, n=1).state is NoticeState.SENT


def test_what_was_sent_stays_sent_whatever_comes_late() -> None:
    desk = Desk(a_notice(**CRASHED))
    ended(desk, Handover.TAKEN)
    assert ended(desk, Handover.TAKEN).state is NoticeState.SENT
    assert len(desk.said()) == 1


def test_nobody_is_told_of_an_erased_case() -> None:
    desk = Desk(a_notice())
    cancel_sending(desk.notices()[0].id, desk.work())
    [notice] = desk.notices()
    assert (notice.state, notice.due_at, notice.sealed) == (NoticeState.CANCELLED, None, None)
    assert desk.said() == []


@given(st.uuids(), st.integers(1, 1000))
def test_waits_grow_between_half_and_one_and_a_half(notice_id: UUID, attempt: int) -> None:
    patience = Patience(attempts=1000, first_wait=SECOND, longest_wait=900 * SECOND)
    wait = patience.wait_after(notice_id, attempt)
    expected = min(SECOND * 2 ** (min(attempt, 30) - 1), 900 * SECOND)
    assert 0.5 * expected <= wait <= 1.5 * expected


@pytest.mark.parametrize("handover", Handover)
def test_whatever_became_of_a_notice_can_be_kept_and_read_again(handover: Handover) -> None:
    notice = ended(Desk(a_notice(**CRASHED)), handover)
    assert NOTICES.state(NOTICES.document(notice)) == notice
