"""What is written to the person concerned: only in her safe hours, at most once, and never after she wants no more."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from services.notification.attempts import (
    NotAgain,
    begin_sending,
    end_sending,
    note_bounced,
    note_delivered,
    send_again,
)
from services.notification.domain.notice import Handover, Notice, NoticeState
from services.notification.domain.recipients import RECIPIENTS
from services.notification.handlers import book
from services.notification.store import OF_A_CASE
from shared.contracts.blocks import Recipient, SafeHours
from shared.contracts.event import Event
from shared.contracts.events import (
    CaseErased,
    ContactStopped,
    ContactStopRequested,
    NotificationFailed,
    NotificationSent,
)
from shared.contracts.vocabulary import ErasureReason, NoticeChannel, NoticeFailure
from shared.delivery.cause import Cause
from shared.delivery.shelf import Key, Tracked
from shared.delivery.unit import Work
from tests.notification.builders import (
    CASE,
    CAUSE,
    MONDAY,
    PATIENCE,
    SEALED,
    Desk,
    a_correction,
    a_merge,
    a_person,
    a_recipient,
    a_request,
    an_end,
)
from tests.notification.test_hours import is_agreed, safe_hours

HOLDER = a_recipient("iscg-31-a")
STOP, AGAIN = UUID(int=41), UUID(int=42)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def handle(event: Event, desk: Desk, at: datetime = MONDAY, cause: UUID = CAUSE) -> None:
    """Notification hears of an event of the case."""
    key: Key = (OF_A_CASE, str(CASE))
    desk.unit.states[key] = Tracked(key, tuple(str(each.id) for each in desk.notices()))
    work = Work(desk.unit, Cause(cause, at, str(CASE), sealed={"notify": SEALED}))
    book.pages[type(event)].handle(event, work)


def asked(person: Recipient, **changes: Any) -> Desk:
    """Her ISCG has asked that she be written to."""
    desk = Desk()
    handle(a_request(person, HOLDER, **changes), desk)
    return desk


def hers(desk: Desk) -> Notice:
    [notice] = [each for each in desk.notices() if each.is_to_person]
    return notice


def holders(desk: Desk) -> Notice:
    [notice] = [each for each in desk.notices() if not each.is_to_person]
    return notice


def begun(desk: Desk, person: Recipient, at: datetime) -> Notice | None:
    opened = RECIPIENTS.dump_json((person, HOLDER))
    return begin_sending(hers(desk).id, hers(desk).attempts + 1, opened, desk.work(at), PATIENCE)


def ended(desk: Desk, handover: Handover, at: datetime) -> None:
    end_sending(hers(desk).id, hers(desk).attempts, handover, desk.work(at), PATIENCE)


def test_she_is_written_to_and_nobody_else_is_told_of_it() -> None:
    person = a_person()
    desk = asked(person)
    assert begun(desk, person, MONDAY)
    ended(desk, Handover.TAKEN, MONDAY)
    assert [type(each) for each in desk.said()] == [NotificationSent]
    assert holders(desk).state is NoticeState.STANDBY


def test_outside_her_hours_it_waits_until_they_begin() -> None:
    person = a_person(from_="14:00", to="16:00")
    notice = hers(asked(person))
    assert notice.due_at == datetime(2026, 11, 23, 13, 0, tzinfo=UTC)
    assert notice.not_after == notice.due_at + 2 * HOUR


def test_it_never_leaves_before_the_hour_that_was_asked_for() -> None:
    later = MONDAY + 3 * HOUR
    assert hers(asked(a_person(), not_before=later)).due_at == later


@pytest.mark.parametrize(
    "person",
    [
        a_person(valid_until="2026-11-22"),
        a_person(from_="09:00", to="09:00"),
        a_person(value="no number"),
        a_person(NoticeChannel.WEBHOOK, "https://relais.example/x"),
        a_person().model_copy(update={"safe": None}),
        a_person().model_copy(update={"channels": ()}),
    ],
)
def test_without_a_safe_way_her_iscg_is_told_to_find_another(person: Recipient) -> None:
    desk = asked(person)
    [event] = desk.said()
    assert isinstance(event, NotificationFailed)
    assert event.reason is NoticeFailure.NO_SAFE_WAY
    assert holders(desk).due_at == MONDAY
    assert holders(desk).template == "person-untold"


def test_what_comes_too_late_is_not_sent_any_more() -> None:
    person = a_person()
    desk = asked(person, valid_for=30)
    assert begun(desk, person, MONDAY + 30 * MINUTE) is None
    assert hers(desk).failure is NoticeFailure.TOO_LATE
    assert holders(desk).is_open()


def test_her_hours_are_looked_at_in_the_moment_of_sending() -> None:
    person = a_person(from_="09:30", to="10:30")
    desk = asked(person)
    # It is 10:26 where she is: what leaves now may arrive after half past ten.
    assert begun(desk, person, MONDAY + 86 * MINUTE) is None
    assert hers(desk).failure is NoticeFailure.NO_SAFE_WAY
    assert holders(desk).is_open()


def test_of_what_may_have_gone_her_iscg_is_told_and_she_gets_it_no_second_time() -> None:
    person = a_person()
    desk = asked(person)
    assert begun(desk, person, MONDAY)
    ended(desk, Handover.UNKNOWN, MONDAY)
    assert hers(desk).failure is NoticeFailure.UNKNOWN
    assert holders(desk).is_open()
    assert begun(desk, person, MONDAY + MINUTE) is None


def test_what_was_certainly_not_sent_is_tried_again_while_it_is_safe() -> None:
    person = a_person()
    desk = asked(person)
    assert begun(desk, person, MONDAY)
    ended(desk, Handover.PUT_OFF, MONDAY)
    assert begun(desk, person, MONDAY + MINUTE)


def test_no_operator_can_send_it_again() -> None:
    person = a_person()
    desk = asked(person)
    assert begun(desk, person, MONDAY)
    ended(desk, Handover.TAKEN, MONDAY)
    with pytest.raises(NotAgain):
        send_again(hers(desk).id, desk.work())


STOPPING: list[Event] = [a_correction(), an_end(), a_merge(), CaseErased(reason=ErasureReason.REQUEST)]


@pytest.mark.parametrize("event", STOPPING, ids=lambda event: event.type)
def test_a_changed_contact_or_an_ended_case_stops_what_waits(event: Event) -> None:
    person = a_person(from_="14:00", to="16:00")
    desk = asked(person)
    handle(event, desk, MONDAY + MINUTE, UUID(int=3))
    assert not hers(desk).is_open()
    assert begun(desk, person, MONDAY + 4 * HOUR) is None
    # Whoever ended the case knows; a correction comes from the station, and her ISCG must see to it.
    assert holders(desk).is_open() == (event.type == "case.corrected.v1")


def test_what_is_asked_for_and_stopped_in_one_unit_of_work_does_not_leave() -> None:
    desk, key = Desk(), (OF_A_CASE, str(CASE))
    desk.unit.states[key] = Tracked(key, ())
    for n, event in enumerate((a_request(a_person()), an_end())):
        work = Work(desk.unit, Cause(UUID(int=60 + n), MONDAY, str(CASE), sealed={"notify": SEALED}))
        book.pages[type(event)].handle(event, work)
    assert hers(desk).failure is NoticeFailure.STOPPED


@pytest.mark.parametrize("event", STOPPING[:3], ids=lambda event: event.type)
def test_what_is_on_its_way_when_it_is_stopped_is_not_tried_again(event: Event) -> None:
    person = a_person()
    desk = asked(person)
    assert begun(desk, person, MONDAY)
    handle(event, desk, MONDAY + MINUTE, UUID(int=3))
    ended(desk, Handover.PUT_OFF, MONDAY + MINUTE)
    assert hers(desk).failure is NoticeFailure.STOPPED


def test_a_stop_is_answered_at_once_where_nothing_is_on_its_way() -> None:
    desk = asked(a_person(from_="14:00", to="16:00"))
    handle(ContactStopRequested(stop_id=STOP), desk)
    failed, stopped = desk.said()
    assert isinstance(failed, NotificationFailed) and failed.reason is NoticeFailure.STOPPED
    assert stopped == ContactStopped(stop_id=STOP)


def test_a_stop_in_a_case_of_which_nothing_was_written_is_answered_too() -> None:
    desk = Desk()
    handle(ContactStopRequested(stop_id=STOP), desk)
    assert desk.said() == [ContactStopped(stop_id=STOP)]


@pytest.mark.parametrize("handover", Handover)
def test_a_stop_is_answered_when_what_is_on_its_way_has_ended(handover: Handover) -> None:
    person = a_person()
    desk = asked(person)
    assert begun(desk, person, MONDAY)
    handle(ContactStopRequested(stop_id=STOP), desk)
    assert desk.said() == []
    ended(desk, handover, MONDAY + MINUTE)
    assert desk.said()[-1] == ContactStopped(stop_id=STOP)
    assert len(desk.said()) == 2


def test_a_stop_is_answered_when_whoever_was_sending_died() -> None:
    person = a_person()
    desk = asked(person)
    assert begun(desk, person, MONDAY)
    handle(ContactStopRequested(stop_id=STOP), desk)
    assert begun(desk, person, MONDAY + HOUR) is None
    assert desk.said()[-1] == ContactStopped(stop_id=STOP)


def test_a_report_of_its_delivery_may_come_before_we_know_that_it_was_taken() -> None:
    person = a_person()
    desk = asked(person)
    assert begun(desk, person, MONDAY)
    note_delivered(hers(desk).id, desk.work())
    ended(desk, Handover.UNKNOWN, MONDAY)
    assert [each.type for each in desk.said()] == ["notification.sent.v1", "notification.delivered.v1"]


def test_what_comes_back_is_told_to_her_iscg() -> None:
    person = a_person()
    desk = asked(person)
    assert begun(desk, person, MONDAY)
    ended(desk, Handover.TAKEN, MONDAY)
    note_bounced(hers(desk).id, "5.1.1", desk.work())
    assert hers(desk).state is NoticeState.BOUNCED
    assert holders(desk).is_open()


class Life(RuleBasedStateMachine):
    """Whatever happens in whatever order, at whatever time: what leaves is safe, once, and not after a stop."""

    def __init__(self) -> None:
        super().__init__()
        self.desk, self.now = Desk(), MONDAY
        self.leaving = self.may_have_left = 0
        self.is_stopped = False
        self.n = 100

    @initialize(safe=safe_hours, before=st.integers(-600, 6000))
    def ask(self, safe: SafeHours, before: int) -> None:
        self.person = a_person().model_copy(update={"safe": safe})
        handle(a_request(self.person, HOLDER, not_before=MONDAY + before * MINUTE), self.desk)

    @rule(minutes=st.sampled_from([1, 4, 59, 240, 1440]))
    def wait(self, minutes: int) -> None:
        self.now += minutes * MINUTE

    @rule()
    def wait_until_due(self) -> None:
        self.now = max(self.now, hers(self.desk).due_at or self.now)

    @rule()
    def send(self) -> None:
        was_sending = hers(self.desk).state is NoticeState.SENDING
        if begun(self.desk, self.person, self.now):
            assert not self.is_stopped
            assert is_agreed(self.person.safe or SafeHours(zone="UTC"), self.now)
            assert not self.may_have_left
            self.leaving += 1
        elif was_sending:
            self.may_have_left += 1

    @precondition(lambda self: hers(self.desk).state is NoticeState.SENDING)
    @rule(handover=st.sampled_from(Handover))
    def end(self, handover: Handover) -> None:
        self.may_have_left += handover in (Handover.TAKEN, Handover.UNKNOWN)
        ended(self.desk, handover, self.now)

    @rule(event=st.sampled_from([*STOPPING, ContactStopRequested(stop_id=STOP), ContactStopRequested(stop_id=AGAIN)]))
    def stop(self, event: Event) -> None:
        self.n += 1
        handle(event, self.desk, self.now, UUID(int=self.n))
        self.is_stopped = True

    @invariant()
    def nothing_leaves_after_it_was_said_that_nothing_can(self) -> None:
        said = self.desk.said()
        if any(isinstance(each, ContactStopped) for each in said):
            assert not hers(self.desk).is_open()


TestLife = Life.TestCase
