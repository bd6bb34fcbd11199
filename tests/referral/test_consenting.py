"""Partners only as far as the person agreed: referrals rest on her consent, and fall with it."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from services.referral.acts.answering import answer, referred
from services.referral.acts.consenting import (
    NoSuchPartner,
    collect_consent,
    refer_to,
    take_back,
)
from services.referral.acts.holding import accept
from services.referral.acts.once import Command, StaleVersion
from services.referral.domain.case import NoSuchCase
from services.referral.domain.consent import ConsentMissing, may_be_told, with_consent
from services.referral.domain.deadlines import Stage
from services.referral.domain.partners import Partner
from services.referral.domain.referrals import ANSWERS, OPEN, Referral, ReferralState
from services.referral.domain.states import CaseState, ForbiddenStep
from services.referral.files import Known
from services.referral.handlers import on_report_accepted, on_report_withdrawn
from services.referral.store import CASES, DOSSIERS, PARTNERS
from shared.contracts.blocks import Answered
from shared.contracts.events import (
    ConsentCollected,
    DeadlineNeared,
    ReferralAnswered,
    ReferralCancelled,
    ReferralExpired,
    ReferralSent,
    ReportWithdrawn,
    StandingChanged,
)
from shared.contracts.person import Consent
from shared.contracts.report import CaseFile
from shared.contracts.vocabulary import (
    CancelReason,
    ConsentAnswer,
    DeadlineKind,
    LegalGround,
    PartnerAnswer,
    PartnerType,
    RecipientRole,
    Standing,
    WithdrawalReason,
)
from tests.referral.builders import (
    CASE,
    MONDAY,
    REPORT,
    STATION,
    TERMS,
    Desk,
    a_file,
    a_partner,
    a_post,
    a_report,
    an_iscg,
)

TODAY = MONDAY.date()

CIDFF, CRIP, GIVEN, REFUSED = PartnerType.CIDFF, PartnerType.CRIP, ConsentAnswer.GIVEN, ConsentAnswer.REFUSED
ISCG, PARTNER_ID = an_iscg().authid, UUID(int=77)
ANSWER, SEALED = DeadlineKind.PARTNER_ANSWER, "c2VhbGVk"


def partners() -> tuple[Partner, ...]:
    """A CIDFF that signs in, and a CRIP."""
    cidff = a_partner(CIDFF).model_copy(update={"authid": PARTNER_ID})
    return cidff, a_partner(CRIP, "partner-x9")


def held(file: CaseFile | None = None) -> Desk:
    """A desk on which a case was opened and taken in charge, in a département with a CIDFF and a CRIP."""
    desk = Desk(a_post(), partners=partners())
    for partner in partners():
        desk.lay(PARTNERS, partner.id, partner)
    on_report_accepted(a_report(file), desk.work(), TERMS)
    accept(command(desk), desk.work(), TERMS)
    return desk


def agreeing() -> CaseFile:
    return a_file((CIDFF,), {CIDFF: GIVEN})


def command(desk: Desk, by: UUID = ISCG) -> Command:
    return Command(CASE, by, desk.work().version(CASES, CASE), f"key-{len(desk.unit.said)}", "")


def known(desk: Desk, file: CaseFile | None = None) -> Known:
    return Known(file or agreeing(), desk.work().version(DOSSIERS, CASE))


def a_consent(answer: ConsentAnswer = GIVEN, contact: ConsentAnswer = GIVEN) -> Consent:
    return Consent(contact_by_iscg=contact, partners={CIDFF: answer})


def collect(desk: Desk, consent: Consent, file: CaseFile | None = None) -> None:
    collect_consent(command(desk), consent, SEALED, known(desk, file), desk.work())


def refer(desk: Desk, partner: str = "partner-h7q2", ground: LegalGround | None = None) -> None:
    refer_to(command(desk), partner, ground, known(desk), desk.work(), terms=TERMS)


def the_referral(desk: Desk, n: int = 0) -> Referral:
    return desk.case().referrals[n]


def test_a_withdrawn_consent_cancels_what_rests_on_it_and_the_partner_is_told() -> None:
    desk = held(agreeing())
    collect(desk, a_consent(REFUSED))
    [cancelled] = desk.said(ReferralCancelled)
    assert (cancelled.reason, cancelled.notify[0].role) == (CancelReason.CONSENT_WITHDRAWN, RecipientRole.PARTNER)
    assert the_referral(desk).state is ReferralState.CANCELLED
    assert desk.clock(ANSWER).due_at is None
    assert desk.case().state is CaseState.ACCEPTED


def test_a_withdrawn_consent_leaves_what_rests_on_a_legal_ground() -> None:
    desk = held(agreeing())
    refer(desk, "partner-x9", LegalGround.MINOR_IN_DANGER)
    collect(desk, a_consent(REFUSED, contact=REFUSED))
    assert [each.state for each in desk.case().referrals] == [ReferralState.CANCELLED, ReferralState.SENT]


def test_who_wants_no_contact_any_more_is_left_in_peace() -> None:
    desk = held(agreeing())
    collect(desk, a_consent(REFUSED, contact=REFUSED))
    assert desk.case().state is CaseState.WITHDRAWN
    assert desk.said(StandingChanged)[-1].standing is Standing.CLOSED


def test_a_consent_that_still_holds_cancels_nothing() -> None:
    desk = held(agreeing())
    collect(desk, a_consent())
    assert not desk.said(ReferralCancelled)


def test_what_the_person_told_her_iscg_stands_sealed_and_survives_a_correction() -> None:
    desk = held(agreeing())
    collect(desk, a_consent(REFUSED))
    [collected] = desk.said(ConsentCollected)
    assert collected.file.partners == {CIDFF: REFUSED}
    assert "refused" not in str(collected.clear())
    dossier = desk.work().get(DOSSIERS, CASE)
    assert dossier and dossier.consent == SEALED


def test_what_she_says_now_stands_in_place_of_what_the_station_wrote() -> None:
    assert not may_be_told(with_consent(agreeing(), a_consent(REFUSED)), CIDFF, TODAY)
    assert may_be_told(with_consent(a_file(), a_consent()), CIDFF, TODAY)
    assert with_consent(agreeing(), None) == agreeing()


def test_an_iscg_refers_to_a_partner_of_whom_the_person_agreed_to_be_told() -> None:
    desk = held()
    refer(desk)
    assert desk.said(ReferralSent)[0].notify[0].ref == "partner-h7q2"
    assert the_referral(desk).answer_by == MONDAY + TERMS.answer_within
    assert desk.clock(ANSWER).due_at == the_referral(desk).answer_by


@pytest.mark.parametrize("ground", [None, LegalGround.JUDICIAL_REQUISITION])
def test_nobody_is_told_without_consent_or_a_ground_that_fits(ground: LegalGround | None) -> None:
    desk = held()
    with pytest.raises(ConsentMissing):
        refer(desk, "partner-x9", ground)
    assert not desk.said(ReferralSent)


def test_a_ground_that_fits_lets_the_partner_be_told_without_her() -> None:
    desk = held()
    refer(desk, "partner-x9", LegalGround.MINOR_IN_DANGER)
    assert the_referral(desk).ground is LegalGround.MINOR_IN_DANGER


def test_a_withdrawal_that_was_committed_before_wins() -> None:
    desk = held()
    seen = known(desk)
    collect(desk, a_consent(REFUSED))
    with pytest.raises(StaleVersion):
        refer_to(command(desk), "partner-h7q2", None, seen, desk.work(), terms=TERMS)
    assert not desk.said(ReferralSent)


def test_nobody_is_referred_to_a_foreign_or_a_former_partner() -> None:
    desk = held()
    for changes in ({"departement": "09"}, {"until": (MONDAY - timedelta(days=1)).date()}):
        desk.lay(PARTNERS, "partner-h7q2", a_partner(CIDFF).model_copy(update=changes))
        with pytest.raises(NoSuchPartner):
            refer(desk)


def test_an_iscg_takes_a_referral_back_once() -> None:
    desk = held(agreeing())
    take_back(command(desk), the_referral(desk).id, desk.work())
    assert desk.said(ReferralCancelled)[0].reason is CancelReason.BY_ISCG
    with pytest.raises(ForbiddenStep):
        take_back(command(desk), the_referral(desk).id, desk.work())
    with pytest.raises(NoSuchCase):
        take_back(command(desk), UUID(int=4711), desk.work())


def respond(desk: Desk, what: PartnerAnswer, by: UUID = PARTNER_ID) -> None:
    answer(
        Command(CASE, by, 0, f"answer-{len(desk.unit.said)}", ""),
        the_referral(desk).id,
        Answered(answer=what),
        desk.work(),
    )


def test_every_answer_reaches_the_iscg_and_stands_sealed() -> None:
    desk = held(agreeing())
    for what in (PartnerAnswer.ACCEPTED, PartnerAnswer.COMPLETED):
        respond(desk, what)
    said = desk.said(ReferralAnswered)
    assert [each.file.answer for each in said] == [PartnerAnswer.ACCEPTED, PartnerAnswer.COMPLETED]
    assert [each.notify[0].ref for each in said] == ["iscg-1", "iscg-1"]
    assert "accepted" not in str(said[0].clear())
    assert desk.clock(ANSWER).due_at is None


def test_what_is_over_is_answered_no_more() -> None:
    desk = held(agreeing())
    respond(desk, PartnerAnswer.REFUSED)
    with pytest.raises(ForbiddenStep):
        respond(desk, PartnerAnswer.ACCEPTED)


def test_nothing_is_shown_nor_answered_after_a_withdrawal() -> None:
    desk = held(agreeing())
    collect(desk, a_consent(REFUSED))
    with pytest.raises(ForbiddenStep):
        respond(desk, PartnerAnswer.ACCEPTED)


def test_a_referral_of_another_partner_looks_absent() -> None:
    desk = held(agreeing())
    with pytest.raises(NoSuchCase):
        referred(the_referral(desk).id, CASE, UUID(int=78), desk.work())
    with pytest.raises(NoSuchCase):
        respond(desk, PartnerAnswer.ACCEPTED, UUID(int=78))


def test_a_partner_that_does_not_answer_is_reminded_and_then_the_referral_expires() -> None:
    desk = held(agreeing())
    desk.tick(ANSWER, stage=Stage.REMINDER)
    [neared] = desk.said(DeadlineNeared)
    assert neared.notify[0].role is RecipientRole.PARTNER
    desk.tick(ANSWER)
    assert the_referral(desk).state is ReferralState.EXPIRED
    assert desk.said(ReferralExpired)[0].notify[0].ref == "iscg-1"


def test_an_answered_referral_never_expires() -> None:
    desk = held(agreeing())
    respond(desk, PartnerAnswer.SCHEDULED)
    desk.tick(ANSWER)
    assert not desk.said(ReferralExpired)


def test_an_appointment_stays_known_when_its_partner_says_what_came_of_it() -> None:
    referral = Referral(id=UUID(int=1), partner_id="partner-a", answer_by=MONDAY)
    day = MONDAY.date()
    made = referral.answered(PartnerAnswer.SCHEDULED, day)
    assert made.answered(PartnerAnswer.COMPLETED).appointment_on == day
    assert made.answered(PartnerAnswer.SCHEDULED, day + timedelta(days=7)).appointment_on == day + timedelta(days=7)


def test_a_report_that_was_a_mistake_takes_all_referrals_back() -> None:
    desk = held(agreeing())
    refer(desk, "partner-x9", LegalGround.MINOR_IN_DANGER)
    members: dict[str, Any] = {"case_id": CASE, "report_id": REPORT, "station": STATION}
    report = ReportWithdrawn(revision=2, integrator="police", reason=WithdrawalReason.DUPLICATE, **members)
    on_report_withdrawn(report, desk.work(), TERMS)
    assert {each.reason for each in desk.said(ReferralCancelled)} == {CancelReason.CASE_ENDED}
    assert len(desk.said(ReferralCancelled)) == 2


def test_the_table_of_referrals_knows_every_state_and_ends() -> None:
    assert set(ANSWERS) == set(ReferralState)
    ends = {ReferralState.COMPLETED, ReferralState.REFUSED, ReferralState.NO_SHOW}
    assert set(ReferralState) - OPEN == ends | {ReferralState.CANCELLED, ReferralState.EXPIRED}
