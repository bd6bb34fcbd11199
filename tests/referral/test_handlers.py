"""What follows from an accepted report, and from a deadline."""

from uuid import UUID

import pytest

from services.referral.domain.presence import Hours
from services.referral.domain.states import CaseState
from services.referral.handlers import on_report_accepted
from services.referral.store import CASES, DOSSIERS
from services.referral.views import LOADS
from shared.contracts.events import (
    CaseEscalated,
    CaseOpened,
    DeadlineMissed,
    IscgAssigned,
    ReferralSent,
    ReportAccepted,
)
from shared.contracts.report import DangerGrid, Minors
from shared.contracts.vocabulary import (
    ConsentAnswer,
    DeadlineKind,
    EscalationReason,
    PartnerType,
    RecipientRole,
    Urgency,
    Weekday,
)
from shared.delivery.cause import Cause
from tests.referral.builders import CASE, HOUR, MONDAY, TERMS, Desk, a_file, a_partner, a_post, a_presence, a_report

FRIDAYS = a_presence(Hours(day=Weekday.FRI, from_="09:00", to="12:00"))
DUE, ACCEPT = MONDAY + 25 * HOUR, DeadlineKind.TO_BE_ACCEPTED


def take(desk: Desk, report: ReportAccepted | None = None) -> None:
    on_report_accepted(report or a_report(), desk.work(), TERMS)


def test_a_report_opens_a_case_and_assigns_it_with_its_reason() -> None:
    desk = Desk(a_post())
    take(desk)
    opened, assigned = desk.said()
    assert isinstance(opened, CaseOpened) and isinstance(assigned, IscgAssigned)
    assert assigned.file and assigned.file.candidates[0].post_id == assigned.post_id == "post-1"


def test_the_iscg_is_told_by_the_ways_of_the_roster() -> None:
    desk = Desk(a_post())
    take(desk)
    [assigned] = desk.said(IscgAssigned)
    recipient, *_ = assigned.notify
    assert (recipient.ref, recipient.role) == ("iscg-1", RecipientRole.ISCG)
    assert recipient.channels[0].value == "iscg-1@relais.example"


def test_whatever_is_said_of_a_test_says_so() -> None:
    desk = Desk(a_post(), partners=(a_partner(PartnerType.CIDFF),))
    asking = a_file((PartnerType.CIDFF,), {PartnerType.CIDFF: ConsentAnswer.GIVEN})
    take(desk, a_report(asking).model_copy(update={"test": True}))
    desk.tick(ACCEPT, at=DUE)
    said = desk.said()
    assert {type(event) for event in said} == {CaseOpened, IscgAssigned, ReferralSent, DeadlineMissed, CaseEscalated}
    assert all(event.test for event in said)


def test_a_second_report_of_the_same_case_changes_nothing() -> None:
    desk = Desk(a_post())
    take(desk)
    take(desk)
    assert len(desk.said()) == 2


def test_reports_in_one_unit_of_work_see_each_others_load() -> None:
    desk = Desk(a_post("post-1"), a_post("post-2"))
    for n in range(4):
        take(desk, a_report(case_id=UUID(int=10 + n)))
    assert [event.post_id for event in desk.said(IscgAssigned)] == ["post-1", "post-2", "post-1", "post-2"]
    assert desk.work().get(LOADS, "post-1") == 2


def test_a_case_that_nobody_can_take_goes_to_the_coordinator() -> None:
    desk = Desk(a_post("post-1", FRIDAYS))
    take(desk, a_report(urgency=Urgency.URGENT))
    [escalated] = desk.said(CaseEscalated)
    assert escalated.reason is EscalationReason.NOBODY
    assert escalated.notify[-1].ref == "coordinator-31"
    assert not desk.said(IscgAssigned)


def test_what_cannot_wait_goes_to_the_on_call_contact_first() -> None:
    desk = Desk()
    take(desk, a_report(urgency=Urgency.IMMEDIATE))
    [escalated] = desk.said(CaseEscalated)
    assert [each.role for each in escalated.notify] == [RecipientRole.ON_CALL, RecipientRole.COORDINATOR]


def test_what_can_wait_wakes_nobody_at_night() -> None:
    desk = Desk()
    take(desk, a_report(urgency=Urgency.STANDARD))
    [escalated] = desk.said(CaseEscalated)
    assert [each.role for each in escalated.notify] == [RecipientRole.COORDINATOR]


def test_the_coordinator_sees_who_was_looked_at_in_vain() -> None:
    desk = Desk(a_post("post-1", FRIDAYS))
    take(desk)
    case = desk.work().get(CASES, CASE)
    assert case and case.state is CaseState.ESCALATED
    assert case.escalations[0].candidates[0].post_id == "post-1"


def test_a_partner_is_told_where_the_report_asks_and_she_agreed() -> None:
    desk = Desk(a_post(), partners=(a_partner(PartnerType.CIDFF),))
    take(desk, a_report(a_file((PartnerType.CIDFF,), {PartnerType.CIDFF: ConsentAnswer.GIVEN})))
    [sent] = desk.said(ReferralSent)
    assert sent.file.partner_type is PartnerType.CIDFF
    assert sent.notify[0].role is RecipientRole.PARTNER
    assert sent.answer_by == MONDAY + TERMS.answer_within


def test_a_partner_that_is_full_is_passed_over_where_another_could_help() -> None:
    small = a_partner(PartnerType.CIDFF, "partner-a1").model_copy(update={"capacity": 1})
    desk = Desk(a_post(), partners=(small, a_partner(PartnerType.CIDFF, "partner-b2")))
    for n in (1, 2):
        report = a_report(a_file((PartnerType.CIDFF,), {PartnerType.CIDFF: ConsentAnswer.GIVEN}), case_id=UUID(int=n))
        on_report_accepted(report, desk.work(Cause(UUID(int=n), MONDAY, str(report.case_id))), TERMS)
    assert [each.notify[0].ref for each in desk.said(ReferralSent)] == ["partner-a1", "partner-b2"]


def test_no_partner_is_told_against_her_will() -> None:
    desk = Desk(a_post(), partners=(a_partner(PartnerType.CIDFF),))
    take(desk, a_report(a_file((PartnerType.CIDFF,), {PartnerType.CIDFF: ConsentAnswer.REFUSED})))
    assert not desk.said(ReferralSent)


def test_the_dossier_keeps_the_blocks_as_they_came() -> None:
    desk = Desk(a_post())
    sealed = {"contact": "c2VhbGVk", "file": "YWxzbw=="}
    on_report_accepted(a_report(), desk.work(Cause(UUID(int=9), MONDAY, str(CASE), sealed=sealed)), TERMS)
    dossier = desk.work().get(DOSSIERS, CASE)
    assert dossier and dossier.model_dump(exclude_none=True) == sealed | {"revision": 1}


def test_the_case_itself_holds_nothing_of_the_person() -> None:
    desk = Desk(a_post())
    take(desk)
    case = desk.work().get(CASES, CASE)
    assert case and not {"contact", "file", "categories", "persons"} & set(type(case).model_fields)


def test_a_deadline_runs_from_our_receipt() -> None:
    desk = Desk(a_post())
    take(desk, a_report(urgency=Urgency.URGENT))
    assert desk.clock().due_at == MONDAY + 24 * HOUR


def test_an_unaccepted_case_is_escalated_and_stays_assigned() -> None:
    desk = Desk(a_post())
    take(desk)
    desk.tick(ACCEPT, at=DUE)
    [escalated] = desk.said(CaseEscalated)
    case = desk.work().get(CASES, CASE)
    assert escalated.reason is EscalationReason.NOT_ACCEPTED
    assert case and case.post_id == "post-1"
    assert escalated.assignment_id == case.assignments[0].id


def test_a_deadline_acts_once_however_often_it_is_performed() -> None:
    desk = Desk(a_post())
    take(desk)
    for _ in range(2):
        desk.tick(ACCEPT, at=DUE)
    assert len(desk.said(CaseEscalated)) == 1
    assert desk.clock().due_at is None


def test_a_deadline_has_nothing_to_do_once_the_case_is_accepted() -> None:
    desk = Desk(a_post())
    take(desk)
    case = desk.work().get(CASES, CASE)
    assert case
    desk.lay(CASES, CASE, case.accepted(MONDAY + HOUR))
    desk.tick(ACCEPT, at=DUE)
    assert not desk.said(CaseEscalated)
    assert desk.clock().due_at is None


@pytest.mark.parametrize(("yes", "red"), [(12, 0), (3, 2), (23, 5)])
def test_a_characterised_danger_is_immediate_whatever_the_officer_said(yes: int, red: int) -> None:
    desk = Desk(a_post())
    file = a_file().model_copy(update={"danger_grid": DangerGrid(version="2019-11", yes=yes, red=red)})
    take(desk, a_report(file, Urgency.STANDARD))
    assert desk.case().urgency is Urgency.IMMEDIATE
    assert desk.clock().due_at == MONDAY + HOUR


def test_a_grid_below_the_mark_raises_nothing() -> None:
    desk = Desk(a_post())
    file = a_file().model_copy(update={"danger_grid": DangerGrid(version="2019-11", yes=11, red=1)})
    take(desk, a_report(file, Urgency.STANDARD))
    assert desk.case().urgency is Urgency.STANDARD


def test_where_minors_are_present_nothing_can_wait() -> None:
    desk = Desk(a_post())
    take(desk, a_report(a_file().model_copy(update={"minors": Minors(count=1)}), Urgency.STANDARD))
    assert desk.case().urgency is Urgency.URGENT
