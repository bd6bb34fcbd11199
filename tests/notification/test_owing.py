"""Who is owed a notice because of which event, decided without any server."""

from datetime import datetime
from uuid import UUID

import pytest

from services.notification.attempts import begin_sending, end_sending
from services.notification.domain.address import ways_for
from services.notification.domain.calls import message
from services.notification.domain.notice import (
    GATHERED_FOR,
    MOST_AN_HOUR,
    MOST_IN_A_DIGEST,
    Handover,
    Notice,
    NoticeKind,
    NoticeState,
    Patience,
    notice_id,
)
from services.notification.domain.recipients import RECIPIENTS
from services.notification.domain.reference import reference
from services.notification.domain.routing import ROUTES, NothingToTell
from services.notification.handlers import on_case_erased, on_referral_cancelled, tell
from services.notification.letters import Office
from services.notification.store import NOTICES, OF_A_CASE
from shared.contracts.blocks import Channel, Recipient
from shared.contracts.events import CaseErased, NotificationFailed
from shared.contracts.vocabulary import ErasureReason, NoticeChannel, NoticeFailure, RecipientRole, Urgency
from shared.delivery.cause import Cause
from shared.delivery.shelf import Key, Tracked
from shared.delivery.unit import Work
from shared.vault.links import Codes, Links
from tests.notification.builders import (
    CAUSE,
    MONDAY,
    SEALED,
    Desk,
    a_cancellation,
    a_notice,
    a_recipient,
    a_referral,
    an_assignment,
    an_escalation,
)

COORDINATOR = a_recipient("coordinator-31", RecipientRole.COORDINATOR)
ON_CALL = a_recipient("on-call-31", RecipientRole.ON_CALL)
PARTNER = a_recipient("partner-h7q2", RecipientRole.PARTNER)
OPENED = RECIPIENTS.dump_json((COORDINATOR,))
STILL_OPEN = NoticeState.OWED, NoticeState.SENDING, NoticeState.UNKNOWN


def test_an_assignment_owes_its_iscg_one_notice() -> None:
    desk = Desk()
    tell(an_assignment(), desk.work())
    [notice] = desk.notices()
    assert (notice.ref, notice.template, notice.urgency) == ("iscg-31-a", "iscg-assigned", Urgency.URGENT)
    assert (notice.state, notice.due_at) == (NoticeState.OWED, MONDAY)
    assert desk.said() == []


def test_an_event_that_comes_twice_owes_nothing_more() -> None:
    desk = Desk()
    tell(an_assignment(), desk.work())
    [notice] = desk.notices()
    sent = Desk(notice.model_copy(update={"state": NoticeState.SENT, "due_at": None}))
    tell(an_assignment(), sent.work())
    assert [each.state for each in sent.notices()] == [NoticeState.SENT]


def test_an_escalation_owes_everybody_whom_it_names() -> None:
    desk = Desk()
    tell(an_escalation(ON_CALL, COORDINATOR), desk.work())
    assert [each.template for each in desk.notices()] == ["on-call-escalated", "case-escalated"]
    assert [each.id for each in desk.notices()] == [notice_id(CAUSE, each.ref) for each in (ON_CALL, COORDINATOR)]


def test_a_partner_is_not_told_how_urgent_the_case_is() -> None:
    desk = Desk()
    tell(a_referral(PARTNER), desk.work())
    [notice] = desk.notices()
    assert (notice.template, notice.urgency) == ("partner-referred", None)


def test_the_address_stays_sealed_in_what_is_kept() -> None:
    desk = Desk()
    tell(an_assignment(a_recipient(value="jeanne.martin@relais.example")), desk.work())
    [notice] = desk.notices()
    assert notice.sealed == SEALED
    assert "martin" not in notice.model_dump_json()


@pytest.mark.parametrize("value", ["no address", "a@relais.example\r\nBcc: b@relais.example", "a@b.fr,c@d.fr"])
def test_somebody_whom_no_mail_can_reach_is_said_not_to_be_told(value: str) -> None:
    desk = Desk()
    tell(an_assignment(a_recipient(value=value)), desk.work())
    assert_failed_without_a_channel(desk, "iscg-31-a")


def test_somebody_with_a_telephone_only_is_told_by_sms() -> None:
    desk, sms = Desk(), Channel(channel=NoticeChannel.SMS, value="+33600000000")
    tell(an_assignment(a_recipient(channels=(sms,))), desk.work())
    assert [(each.channel, each.state) for each in desk.notices()] == [(NoticeChannel.SMS, NoticeState.OWED)]


def test_an_escalation_to_nobody_is_said_to_have_failed() -> None:
    desk = Desk()
    tell(an_escalation(), desk.work())
    assert_failed_without_a_channel(desk, "nobody")


def test_the_second_address_is_taken_where_the_first_is_none() -> None:
    desk, wrong = Desk(), Channel(channel=NoticeChannel.EMAIL, value="no address")
    tell(an_assignment(a_recipient(channels=(wrong, *a_recipient().channels))), desk.work())
    assert [each.state for each in desk.notices()] == [NoticeState.OWED]


HOOK = Channel(channel=NoticeChannel.WEBHOOK, value="https://partner.example/relais")
MAIL = Channel(channel=NoticeChannel.EMAIL, value="partner@relais.example")


@pytest.mark.parametrize(("channels", "first"), [((HOOK, MAIL), HOOK), ((MAIL, HOOK), MAIL)])
def test_a_partners_software_is_called_where_its_way_stands_first(
    channels: tuple[Channel, ...], first: Channel
) -> None:
    desk = Desk()
    tell(a_referral(PARTNER.model_copy(update={"channels": channels})), desk.work())
    [notice] = desk.notices()
    assert (notice.channel, notice.state) == (first.channel, NoticeState.OWED)


def test_what_software_can_not_be_told_and_people_who_are_no_partner_are_not_called() -> None:
    assert not ways_for(NoticeKind.CODE, PARTNER.model_copy(update={"channels": (HOOK,)}))
    desk = Desk()
    tell(an_assignment(a_recipient(channels=(HOOK,))), desk.work())
    assert_failed_without_a_channel(desk, "iscg-31-a")


def test_a_message_to_software_holds_references_and_doors_and_nothing_else() -> None:
    desk = Desk()
    tell(a_referral(PARTNER.model_copy(update={"channels": (HOOK,)})), desk.work())
    [notice] = desk.notices()
    told, case_id, referral = message(notice, "https://relais.example"), notice.case_id, UUID(int=4)
    case = f"https://relais.example/v1/cases/{case_id}"
    assert told == {
        "type": "referral.sent",
        "timestamp": "2026-11-23T09:00:00+00:00",
        "data": {
            "reference": reference(case_id),
            "case_id": str(case_id),
            "referral_id": str(referral),
            "door": f"{case}/referrals/{referral}",
            "task": f"https://relais.example/fhir/Task/{referral}",
            "test": False,
        },
    }


def test_a_role_for_which_we_have_no_words_is_refused_aloud() -> None:
    with pytest.raises(NothingToTell):
        tell(an_assignment(a_recipient(role=RecipientRole.PERSON)), Desk().work())


def test_the_person_concerned_is_told_of_nothing_but_what_her_iscg_asked_for() -> None:
    assert {kind for kind, role in ROUTES if role is RecipientRole.PERSON} == {NoticeKind.PERSON}


def assert_failed_without_a_channel(desk: Desk, ref: str) -> None:
    [notice], [event] = desk.notices(), desk.said()
    assert isinstance(event, NotificationFailed)
    assert (event.ref, event.reason, event.channel) == (ref, NoticeFailure.NO_CHANNEL, None)
    assert is_at_its_end(notice)


def is_at_its_end(notice: Notice) -> bool:
    return not notice.is_open()


@pytest.mark.parametrize("state", NoticeState)
def test_a_notice_is_read_back_as_it_was_kept(state: NoticeState) -> None:
    notice = a_notice(state=state) if state in STILL_OPEN else a_notice(state=state, due_at=None, sealed=None)
    assert NOTICES.state(NOTICES.document(notice)) == notice


def referred(**changes: object) -> Notice:
    """A notice that tells the partner of a referral."""
    members = {"ref": PARTNER.ref, "kind": NoticeKind.REFERRAL, "template": "partner-referred"}
    return a_notice(RecipientRole.PARTNER).model_copy(update=members | changes)


def cancel(notice: Notice) -> list[Notice]:
    desk = Desk(notice)
    desk.lay_of_a_case(notice)
    on_referral_cancelled(a_cancellation(PARTNER), desk.work())
    return desk.notices()


def test_a_partner_that_was_not_told_yet_is_told_nothing_at_all() -> None:
    [stopped] = cancel(referred())
    assert (stopped.state, stopped.due_at) == (NoticeState.CANCELLED, None)


def test_a_partner_that_was_told_learns_that_it_is_over() -> None:
    told, ending = cancel(referred(state=NoticeState.SENT, due_at=None))
    assert told.state is NoticeState.SENT
    assert (ending.kind, ending.template, ending.ref) == (NoticeKind.CANCELLED, "referral-cancelled", PARTNER.ref)


def test_a_partner_that_may_have_been_told_is_told_no_more_and_learns_that_it_is_over() -> None:
    stopped, ending = cancel(referred(state=NoticeState.UNKNOWN, attempts=1))
    assert (stopped.state, ending.kind) == (NoticeState.CANCELLED, NoticeKind.CANCELLED)


def test_what_another_partner_is_owed_goes_on() -> None:
    other, ending = cancel(referred(ref="partner-m4xd"))
    assert (other.state, ending.kind) == (NoticeState.OWED, NoticeKind.CANCELLED)


def test_of_an_erased_case_nobody_is_told_any_more() -> None:
    owed, sent = (
        a_notice(),
        a_notice().model_copy(update={"id": UUID(int=9), "state": NoticeState.SENT, "due_at": None}),
    )
    desk = Desk(owed, sent)
    desk.lay_of_a_case(owed, sent)
    on_case_erased(CaseErased(reason=ErasureReason.REQUEST), desk.work())
    assert {each.state for each in desk.notices()} == {NoticeState.CANCELLED, NoticeState.SENT}


def late(desk: Desk, n: int, at: datetime = MONDAY, *recipients: Recipient, **changes: object) -> None:
    """A case of which a coordinator hears long after it went up."""
    event = an_escalation(*(recipients or (COORDINATOR,))).model_copy(
        update={"late": True, "urgency": Urgency.URGENT} | changes
    )
    cause = Cause(UUID(int=700 + n), at, str(UUID(int=800 + n)), trace=f"trace-{n}", sealed={"notify": f"sealed-{n}"})
    tell(event, Work(desk.unit, cause))


def test_after_an_outage_a_coordinator_gets_one_digest_of_all_that_is_late() -> None:
    desk = Desk()
    for n in range(40):
        late(desk, n)
    [digest] = desk.notices()
    assert digest.cases == tuple(UUID(int=800 + n) for n in range(40))
    assert (digest.kind, digest.template, digest.due_at) == (
        NoticeKind.DIGEST,
        "late-digest",
        MONDAY + GATHERED_FOR[NoticeKind.DIGEST],
    )
    assert (digest.case_id, digest.sealed) == (UUID(int=839), "sealed-39")


def test_a_digest_is_in_the_trace_of_its_first_case_and_linked_to_all_others() -> None:
    desk = Desk()
    for n in range(3):
        late(desk, n)
    [digest] = desk.notices()
    assert (digest.trace, digest.links) == ("trace-0", ("trace-1", "trace-2"))


def test_what_can_not_wait_is_told_at_once_also_after_an_outage_and_to_whoever_is_on_call() -> None:
    desk = Desk()
    late(desk, 1, urgency=Urgency.IMMEDIATE)
    late(desk, 2, MONDAY, ON_CALL, COORDINATOR)
    assert [each.kind for each in desk.notices()] == [NoticeKind.ESCALATED, NoticeKind.ESCALATED, NoticeKind.DIGEST]


def test_what_comes_when_a_digest_has_begun_to_go_comes_in_the_next() -> None:
    desk = Desk()
    late(desk, 1)
    [digest] = desk.notices()
    begin_sending(digest.id, 1, OPENED, desk.work(), Patience())
    late(desk, 2)
    late(desk, 1)
    assert [each.cases for each in desk.notices()] == [(UUID(int=801),), (UUID(int=802), UUID(int=801))]


def test_what_a_digest_has_no_room_for_comes_in_the_next() -> None:
    desk = Desk()
    for n in range(2 * MOST_IN_A_DIGEST + 1):
        late(desk, n)
    assert [len(each.cases) for each in desk.notices()] == [MOST_IN_A_DIGEST, MOST_IN_A_DIGEST, 1]
    assert len({each.id for each in desk.notices()}) == 3


def test_stand_ins_for_one_case_fill_a_digest_too() -> None:
    desk = Desk()
    for n in range(MOST_AN_HOUR + MOST_IN_A_DIGEST + 1):
        cause = Cause(UUID(int=700 + n), MONDAY, str(UUID(int=800)), sealed={"notify": SEALED})
        tell(an_assignment(a_recipient(), COORDINATOR), Work(desk.unit, cause))
    digests = [each for each in desk.notices() if each.kind is NoticeKind.GATHERED]
    assert [len(each.stand_ins) for each in digests] == [MOST_IN_A_DIGEST, 1]


def test_tests_and_what_is_real_do_not_stand_in_one_digest() -> None:
    desk = Desk()
    late(desk, 1)
    late(desk, 2, test=True)
    assert [each.test for each in desk.notices()] == [False, True]


def test_a_digest_that_was_sent_is_in_the_log_of_each_of_its_cases() -> None:
    desk = Desk()
    for n in range(3):
        late(desk, n)
    [digest] = desk.notices()
    begin_sending(digest.id, 1, OPENED, desk.work(), Patience())
    end_sending(digest.id, 1, Handover.TAKEN, desk.work(), Patience())
    told = [each.envelope.subject for each in desk.unit.said]
    assert told == [str(UUID(int=800 + n)) for n in range(3)]


def test_a_case_that_is_erased_takes_nobody_elses_digest_along() -> None:
    desk = Desk()
    late(desk, 1)
    [digest] = desk.notices()
    key: Key = (OF_A_CASE, str(digest.case_id))
    desk.unit.states[key] = Tracked(key, (str(digest.id),))
    on_case_erased(
        CaseErased(reason=ErasureReason.REQUEST), Work(desk.unit, Cause(UUID(int=1), MONDAY, str(digest.case_id)))
    )
    assert desk.notices()[0].is_open()


def test_who_gets_very_much_gets_it_gathered_but_what_is_immediate_at_once() -> None:
    desk = Desk()
    for n in range(MOST_AN_HOUR + 5):
        urgency = Urgency.IMMEDIATE if n == MOST_AN_HOUR + 4 else Urgency.URGENT
        cause = Cause(UUID(int=700 + n), MONDAY, str(UUID(int=800 + n)), sealed={"notify": SEALED})
        tell(an_assignment(a_recipient(), COORDINATOR, urgency=urgency), Work(desk.unit, cause))
    to_her = [each for each in desk.notices() if each.ref == "iscg-31-a"]
    assert [each.kind for each in to_her] == [
        *[NoticeKind.ASSIGNED] * MOST_AN_HOUR,
        NoticeKind.GATHERED,
        NoticeKind.ASSIGNED,
    ]
    [digest] = [each for each in to_her if each.kind is NoticeKind.GATHERED]
    assert (len(digest.cases), len(digest.stand_ins), digest.template) == (4, 4, "many-digest")
    assert digest.due_at == MONDAY + GATHERED_FOR[NoticeKind.GATHERED]


def test_a_digest_lists_each_case_by_its_reference_and_leads_to_the_list() -> None:
    desk = Desk()
    for n in range(2):
        late(desk, n)
    [digest] = desk.notices()
    words = Office(Links([b"s" * 32]), Codes([b"c" * 32]), "https://relais.example").words_of(digest, COORDINATOR)
    assert "(2)" in words.subject
    assert all(reference(each) in words.body for each in digest.cases)
    assert "https://relais.example/v1/cases\n" in words.body
