"""What is said of a case, as the events that others read: small, and sealed wherever it names a social fact."""

from services.referral.domain.assignment import Assignment
from services.referral.domain.case import Case, Escalation
from services.referral.domain.partners import Partner, Referral
from services.referral.domain.roster import Calendar, Coordinator, Post
from shared.contracts.blocks import ReferralFile
from shared.contracts.events import (
    CaseEscalated,
    CaseOpened,
    IscgAccepted,
    IscgAssigned,
    PresencePublished,
    ReferralSent,
    StandingChanged,
)
from shared.contracts.vocabulary import RecipientRole, Standing


def opened(case: Case) -> CaseOpened:
    """The case exists."""
    return CaseOpened(
        case_id=case.id,
        report_id=case.report_id,
        station=case.station,
        departement=case.departement,
        urgency=case.urgency,
        test=case.test,
    )


def assigned(case: Case, assignment: Assignment, post: Post) -> IscgAssigned:
    """A person waits for this ISCG, and why for her."""
    return IscgAssigned(
        assignment_id=assignment.id,
        post_id=assignment.post_id,
        iscg_id=assignment.iscg_id,
        urgency=case.urgency,
        test=case.test,
        notify=(post.told_as(post.iscg_id, RecipientRole.ISCG),),
        file=assignment.explanation,
    )


def escalated(case: Case, escalation: Escalation, coordinator: Coordinator | None) -> CaseEscalated:
    """The coordinator must see to it; without one, the oldest unassigned person is on the operators' screen."""
    return CaseEscalated(
        reason=escalation.reason,
        urgency=case.urgency,
        assignment_id=escalation.assignment_id,
        test=case.test,
        notify=coordinator.told(case.urgency) if coordinator else (),
    )


def referred(case: Case, referral: Referral, partner: Partner) -> ReferralSent:
    """A partner is asked to help."""
    return ReferralSent(
        referral_id=referral.id,
        answer_by=referral.answer_by,
        test=case.test,
        notify=(partner.told_as(partner.id, RecipientRole.PARTNER),),
        file=ReferralFile(partner_type=partner.type),
    )


def accepted(assignment: Assignment) -> IscgAccepted:
    """The ISCG takes it in charge."""
    return IscgAccepted(assignment_id=assignment.id, iscg_id=assignment.iscg_id)


def standing_changed(case: Case, standing: Standing) -> StandingChanged:
    """All that the station ever learns of it."""
    return StandingChanged(report_id=case.report_id, integrator=case.integrator, standing=standing)


def presence_published(calendar: Calendar) -> PresencePublished:
    """What a station may tell people of the days to come."""
    return PresencePublished(station=calendar.station, openings=calendar.openings, on_call=calendar.on_call)
