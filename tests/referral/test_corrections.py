"""A station corrects or withdraws what it has reported: its case follows, and nobody is left to a clock in vain."""

from typing import Any
from uuid import UUID

import pytest

from services.referral.domain.case import NoSuchCase
from services.referral.domain.states import CaseState
from services.referral.handlers import on_report_accepted, on_report_corrected, on_report_withdrawn
from services.referral.store import CASES, DOSSIERS
from services.referral.views import LOADS
from shared.contracts.events import (
    CaseClosed,
    CaseEscalated,
    IscgAssigned,
    ReportCorrected,
    ReportWithdrawn,
    StandingChanged,
)
from shared.contracts.person import Consent
from shared.contracts.report import CaseFile
from shared.contracts.vocabulary import (
    CaseOutcome,
    ConsentAnswer,
    DeadlineKind,
    LegalGround,
    Standing,
    Urgency,
    WithdrawalReason,
)
from shared.delivery.cause import Cause
from tests.referral.builders import CASE, HOUR, MONDAY, REPORT, STATION, TERMS, Desk, a_file, a_post, a_report

SEALED = {"contact": "bmV3", "file": "bmV3ZXI="}


def opened() -> Desk:
    """A desk on which a case was opened and assigned."""
    desk = Desk(a_post())
    on_report_accepted(a_report(), desk.work(), TERMS)
    return desk


def correct(desk: Desk, file: CaseFile | None = None, urgency: Urgency = Urgency.URGENT, **changes: Any) -> None:
    report = a_report(file, urgency)
    corrected = ReportCorrected(**{name: getattr(report, name) for name in type(report).model_fields} | changes)
    cause = Cause(UUID(int=70 + len(desk.said())), MONDAY + HOUR, str(CASE), sealed=SEALED)
    on_report_corrected(corrected, desk.work(cause), TERMS)


def withdraw(desk: Desk, case_id: UUID | None = CASE) -> None:
    members: dict[str, Any] = {"report_id": REPORT, "revision": 2, "integrator": "police", "station": STATION}
    report = ReportWithdrawn(case_id=case_id, reason=WithdrawalReason.DUPLICATE, **members)
    on_report_withdrawn(report, desk.work(), TERMS)


def refusing(ground: LegalGround | None = None) -> CaseFile:
    """What a report says of a person who wants no contact."""
    file = a_file(ground=ground)
    consent = Consent(contact_by_iscg=ConsentAnswer.REFUSED)
    return file.model_copy(update={"persons": (file.persons[0].model_copy(update={"consent": consent}),)})


@pytest.fixture(params=[CaseOutcome.WITHDRAWN, CaseOutcome.CANCELLED])
def desk_ends(request: pytest.FixtureRequest) -> tuple[Desk, CaseOutcome]:
    """A desk on which a case has ended, and how."""
    desk, outcome = opened(), request.param
    if outcome is CaseOutcome.CANCELLED:
        withdraw(desk)
    else:
        correct(desk, refusing(), contact=None)
    return desk, outcome


def test_a_correction_replaces_the_dossier_and_whoever_holds_the_case_keeps_it() -> None:
    desk = opened()
    correct(desk)
    dossier = desk.work().get(DOSSIERS, CASE)
    assert dossier and dossier.model_dump(exclude_none=True) == SEALED | {"revision": 1}
    assert desk.case().post_id == "post-1"
    assert len(desk.said(IscgAssigned)) == 1


def test_what_has_become_urgent_must_be_accepted_sooner() -> None:
    desk = opened()
    correct(desk, urgency=Urgency.IMMEDIATE)
    assert desk.case().urgency is Urgency.IMMEDIATE
    assert desk.clock().due_at == MONDAY + HOUR


def test_what_has_become_less_urgent_gives_nobody_more_time() -> None:
    desk = opened()
    correct(desk, urgency=Urgency.STANDARD)
    assert desk.clock().due_at == MONDAY + 24 * HOUR


def test_an_accepted_case_is_corrected_without_a_new_clock() -> None:
    desk = opened()
    desk.lay(CASES, CASE, desk.case().accepted(MONDAY + HOUR))
    correct(desk, urgency=Urgency.IMMEDIATE)
    assert (desk.case().state, desk.case().urgency) == (CaseState.ACCEPTED, Urgency.IMMEDIATE)


def test_a_person_who_refuses_after_all_is_left_in_peace() -> None:
    desk = opened()
    correct(desk, refusing(), contact=None)
    assert desk.case().state is CaseState.WITHDRAWN
    [told] = desk.said(StandingChanged)
    assert told.standing is Standing.CLOSED


def test_whoever_held_a_case_that_ends_without_her_is_told(desk_ends: Any) -> None:
    desk, outcome = desk_ends
    [closed] = desk.said(CaseClosed)
    assert (closed.outcome, [each.ref for each in closed.notify]) == (outcome, ["iscg-1"])


def test_a_refusal_that_a_legal_ground_overrides_leaves_the_case_open() -> None:
    desk = opened()
    correct(desk, refusing(LegalGround.VITAL_EMERGENCY))
    assert desk.case().state is CaseState.ASSIGNED
    assert not desk.said(StandingChanged)


def test_a_withdrawn_report_cancels_its_case_and_frees_its_post() -> None:
    desk = opened()
    withdraw(desk)
    assert (desk.case().state, desk.case().standing) == (CaseState.CANCELLED, Standing.CLOSED)
    assert desk.work().get(LOADS, "post-1") == 0
    assert desk.clock().due_at is None


def test_nobody_is_told_of_a_clock_that_was_stopped() -> None:
    desk = opened()
    withdraw(desk)
    desk.tick(DeadlineKind.TO_BE_ACCEPTED, at=MONDAY + 25 * HOUR)
    assert not desk.said(CaseEscalated)


def test_a_case_ends_once() -> None:
    desk = opened()
    correct(desk, refusing(), contact=None)
    withdraw(desk)
    correct(desk)
    assert desk.case().state is CaseState.WITHDRAWN
    assert len(desk.said(StandingChanged)) == 1


def test_a_counted_report_has_no_case_to_cancel() -> None:
    desk = Desk()
    withdraw(desk, None)
    assert not desk.said()


@pytest.mark.parametrize("follow", [correct, withdraw])
def test_what_follows_on_no_case_raises_an_alarm(follow: Any) -> None:
    desk = Desk()
    desk.lay(CASES, CASE, None)
    with pytest.raises(NoSuchCase):
        follow(desk)
