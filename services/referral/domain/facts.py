"""What is said of a case, as the events that others read: small, and sealed wherever it names a social fact."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from services.referral.domain.access import LIVES, Access
from services.referral.domain.assignment import Assignment
from services.referral.domain.case import Case, Escalation
from services.referral.domain.coordination import Coordinator, Fallback, Territory
from services.referral.domain.deadlines import Deadline
from services.referral.domain.dossier import Dossier
from services.referral.domain.following import ContactAttempt, Interview
from services.referral.domain.holders import Changing, Holder, holder_of
from services.referral.domain.inspections import Inspection
from services.referral.domain.partners import Partner
from services.referral.domain.posts import Post
from services.referral.domain.published import Calendar
from services.referral.domain.referrals import Referral
from services.referral.domain.roster import Entry
from services.referral.domain.writing import PersonMessage
from shared.contracts.blocks import (
    AbsencePeriod,
    Agreed,
    Answered,
    Attempt,
    Closure,
    Decline,
    Held,
    Needs,
    Recipient,
    ReferralFile,
)
from shared.contracts.event import Event
from shared.contracts.events import (
    AccessChanged,
    AccessCodeIssued,
    CaseClosed,
    CaseCorrected,
    CaseErased,
    CaseEscalated,
    CaseLinkChanged,
    CaseMerged,
    CaseOpened,
    CaseParted,
    ConsentCollected,
    ContactAttempted,
    ContactStopRequested,
    CoordinatorChanged,
    DeadlineMissed,
    DeadlineNeared,
    FallbackChanged,
    GlassBroken,
    InspectionGranted,
    InspectionRequested,
    InterviewHeld,
    IscgAccepted,
    IscgAssigned,
    IscgDeclined,
    LegalHoldChanged,
    NeedsAssessed,
    PartnerChanged,
    PersonNoticeRequested,
    PersonNotReached,
    PostChanged,
    PresenceAgreed,
    PresencePublished,
    ReferralAnswered,
    ReferralCancelled,
    ReferralExpired,
    ReferralLinkRenewed,
    ReferralOpened,
    ReferralSent,
    StandingChanged,
    TerritoryChanged,
)
from shared.contracts.person import Consent
from shared.contracts.vocabulary import (
    CancelReason,
    CaseOutcome,
    DeadlineKind,
    DeclineReason,
    ErasureReason,
    Need,
    OpenedPart,
    RecipientRole,
    RosterReason,
    Standing,
)


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


def assigned(case: Case, assignment: Assignment, post: Post, owners: Sequence[Recipient]) -> IscgAssigned:
    """A person waits for this ISCG, and why for her. `case` is the case before.

    `owners` are told where she can't be.
    """
    hers = (post.iscg.told_as(assignment.iscg_id, RecipientRole.ISCG),) if post.iscg else ()
    return IscgAssigned(
        assignment_id=assignment.id,
        post_id=assignment.post_id,
        iscg_id=assignment.iscg_id,
        urgency=case.urgency,
        supersedes=case.assignments[-1].id if case.assignments else None,
        because=assignment.because,
        test=case.test,
        notify=(*hers, *owners),
        file=assignment.explanation,
    )


def corrected(case: Case, revision: int, dossier: Dossier, told: tuple[Recipient, ...]) -> CaseCorrected:
    """Its station says it anew: whoever holds it must look, above all where she has noted something herself."""
    return CaseCorrected(revision=revision, may_conflict=dossier.may_conflict, test=case.test, notify=told)


def merged(case: Case, into: UUID, told: tuple[Recipient, ...]) -> CaseMerged:
    """It is a duplicate: whoever held it loses it, and whoever holds the survivor has more to look at."""
    return CaseMerged(into=into, test=case.test, notify=told)


def parted(case: Case, from_: UUID, told: tuple[Recipient, ...]) -> CaseParted:
    """It was no duplicate."""
    return CaseParted(survivor=from_, test=case.test, notify=told)


def link_changed(other_id: UUID, *, linked: bool) -> CaseLinkChanged:
    """Another case is of the same person, or is not."""
    return CaseLinkChanged(other_case_id=other_id, linked=linked)


def declined(assignment: Assignment, reason: DeclineReason) -> IscgDeclined:
    """She does not take it."""
    return IscgDeclined(assignment_id=assignment.id, iscg_id=assignment.iscg_id, file=Decline(reason=reason))


def escalated(case: Case, escalation: Escalation, told: tuple[Recipient, ...], *, late: bool) -> CaseEscalated:
    """Somebody above must see to it; without one, the oldest unassigned person is on the operators' screen."""
    return CaseEscalated(
        reason=escalation.reason,
        urgency=case.urgency,
        level=escalation.level,
        assignment_id=escalation.assignment_id,
        late=late,
        test=case.test,
        notify=told,
    )


def neared(case: Case, deadline: Deadline, told: tuple[Recipient, ...], *, late: bool) -> DeadlineNeared:
    """Half of the time is over; a partner is told by which link it answers."""
    is_partners = deadline.kind is DeadlineKind.PARTNER_ANSWER
    referral = case.referrals[deadline.n - 1] if is_partners else None
    return DeadlineNeared(
        kind=deadline.kind,
        due_at=deadline.ends_at,
        referral_id=referral.id if referral else None,
        link=referral.link if referral else None,
        late=late,
        test=case.test,
        notify=told,
    )


def missed(case: Case, deadline: Deadline, told: tuple[Recipient, ...], *, late: bool) -> DeadlineMissed:
    """The time is over."""
    return DeadlineMissed(kind=deadline.kind, due_at=deadline.ends_at, late=late, test=case.test, notify=told)


def attempted(attempt: ContactAttempt) -> ContactAttempted:
    """She tried to reach the person."""
    file = Attempt(channel=attempt.channel, outcome=attempt.outcome)
    return ContactAttempted(attempt_id=attempt.id, file=file)


def held(interview: Interview) -> InterviewHeld:
    """She saw or heard the person."""
    return InterviewHeld(interview_id=interview.id, file=Held(place=interview.place, duration=interview.duration))


def not_reached(assignment: Assignment) -> PersonNotReached:
    """She could not reach the person."""
    return PersonNotReached(assignment_id=assignment.id)


def closed(case: Case, outcome: CaseOutcome, told: tuple[Recipient, ...], closure: Closure | None = None) -> CaseClosed:
    """Nobody has to do anything any more; whoever held it and did not end it herself is told."""
    return CaseClosed(outcome=outcome, test=case.test, notify=told, file=closure)


def referred(case: Case, referral: Referral, partner: Partner) -> ReferralSent:
    """A partner is asked to help."""
    return ReferralSent(
        referral_id=referral.id,
        answer_by=referral.answer_by,
        test=case.test,
        notify=(partner.told_as(partner.id, RecipientRole.PARTNER),),
        file=ReferralFile(partner_type=partner.type),
    )


def link_renewed(case: Case, referral: Referral, partner: Partner) -> ReferralLinkRenewed:
    """Its partner gets another link, and the last one leads nowhere any more."""
    told = (partner.told_as(partner.id, RecipientRole.PARTNER),)
    return ReferralLinkRenewed(referral_id=referral.id, link=referral.link, test=case.test, notify=told)


def code_issued(case: Case, referral: Referral, partner: Partner, access: Access) -> AccessCodeIssued:
    """Its code goes by another way than its link."""
    told = partner.told_as(partner.id, RecipientRole.PARTNER).model_copy(update={"channels": partner.by_phone})
    return AccessCodeIssued(
        referral_id=referral.id,
        counter=access.counter,
        expires_at=access.issued_at[-1] + LIVES,
        test=case.test,
        notify=(told,),
    )


def referral_opened(case: Case, referral: Referral, opened: Sequence[OpenedPart]) -> ReferralOpened:
    """Its partner is about to see something of the person."""
    return ReferralOpened(case_id=case.id, referral_id=referral.id, opened=tuple(opened))


def inspection_requested(inspection: Inspection) -> InspectionRequested:
    """Somebody asks who is behind a line of the log."""
    return InspectionRequested(inspection_id=inspection.id, case_id=inspection.case_id)


def inspection_granted(inspection: Inspection) -> InspectionGranted:
    """A second person has granted it, for an hour."""
    return InspectionGranted(inspection_id=inspection.id, case_id=inspection.case_id, asked_by=inspection.asked_by)


def answered(case: Case, referral: Referral, answer: Answered, told: tuple[Recipient, ...]) -> ReferralAnswered:
    """The ISCG must hear of every answer."""
    return ReferralAnswered(referral_id=referral.id, test=case.test, notify=told, file=answer)


def cancelled(case: Case, referral: Referral, reason: CancelReason, partner: Partner | None) -> ReferralCancelled:
    """Its partner must hear that nothing is asked of it any more."""
    told = (partner.told_as(partner.id, RecipientRole.PARTNER),) if partner else ()
    return ReferralCancelled(referral_id=referral.id, reason=reason, test=case.test, notify=told)


def expired(case: Case, referral: Referral, told: tuple[Recipient, ...]) -> ReferralExpired:
    """The ISCG must hear that nobody has answered."""
    return ReferralExpired(referral_id=referral.id, test=case.test, notify=told)


def person_notice_requested(
    request_id: UUID,
    message: PersonMessage,
    told: Sequence[Recipient],
    *,
    not_before: datetime,
    version: int,
    test: bool,
) -> PersonNoticeRequested:
    """The person is to be written to, in her safe hours; whoever holds her case is told where that can't be done."""
    return PersonNoticeRequested(
        request_id=request_id,
        words=message.words,
        contact_version=version,
        not_before=not_before,
        valid_for=message.valid_for,
        test=test,
        notify=tuple(told),
        file=Agreed(how=message.agreed),
    )


def contact_stop_requested(stop_id: UUID) -> ContactStopRequested:
    """Nothing is to be written to the person any more."""
    return ContactStopRequested(stop_id=stop_id)


def erased(reason: ErasureReason) -> CaseErased:
    """Nothing of the person can be read any more, here or anywhere."""
    return CaseErased(reason=reason)


def hold_changed(case: Case) -> LegalHoldChanged:
    """Nothing of it may be erased for now, or again may."""
    return LegalHoldChanged(hold=case.hold)


def assessed(assessment_id: UUID, needs: Sequence[Need]) -> NeedsAssessed:
    """What the person was found to need."""
    return NeedsAssessed(assessment_id=assessment_id, file=Needs(needs=tuple(needs)))


def glass_broken(case: Case, opening_id: UUID, until: datetime, told: tuple[Recipient, ...]) -> GlassBroken:
    """Whoever holds the case must hear of it."""
    return GlassBroken(opening_id=opening_id, until=until, test=case.test, notify=told)


def consent_collected(consent_id: UUID, consent: Consent) -> ConsentCollected:
    """What she agrees to, from now on."""
    return ConsentCollected(consent_id=consent_id, file=consent)


def accepted(assignment: Assignment) -> IscgAccepted:
    """The ISCG takes it in charge."""
    return IscgAccepted(assignment_id=assignment.id, iscg_id=assignment.iscg_id)


def standing_changed(case: Case, standing: Standing) -> StandingChanged:
    """All that the station ever learns of it."""
    return StandingChanged(report_id=case.report_id, integrator=case.integrator, standing=standing)


def presence_published(calendar: Calendar) -> PresencePublished:
    """What a station may tell people of the days to come."""
    return PresencePublished(station=calendar.station, openings=calendar.openings, on_call=calendar.on_call)


def roster_changed(entry: Entry, change: Changing) -> Event:
    """What others may know of an entry of the roster: never how somebody is reached, never what a partner does.

    By which opaque id they sign in and a digest of how they are reached tell that these have changed.
    """
    reason, holder = change.reason, holder_of(entry)
    access: dict[str, Any] = {"subject": holder.authid, "reached": holder.reached(change.digest_of)} if holder else {}
    match entry:
        case Post():
            return _post_changed(entry, reason, access)
        case Coordinator():
            on_call = entry.on_call is not None
            members = access | {"departement": entry.departement, "coordinator_id": entry.id}
            return CoordinatorChanged(**members, on_call=on_call, reason=reason)
        case Territory():
            return TerritoryChanged(departement=entry.departement, neighbours=entry.neighbours, reason=reason)
        case Fallback():
            return FallbackChanged(fallback_id=entry.id, reason=reason, **access)
        case Partner():
            members = access | {"partner_id": entry.id, "departement": entry.departement, "until": entry.until}
            return PartnerChanged(**members, reason=reason)


def presence_agreed(
    post: Post, station: str, departement: str, reason: RosterReason, *, agreed: bool
) -> PresenceAgreed:
    """Somebody of elsewhere may sit at a station, or no longer."""
    return PresenceAgreed(post_id=post.id, station=station, departement=departement, agreed=agreed, reason=reason)


def access_changed(
    entry: Entry, before: Holder, after: Holder | None, change: Changing, told: tuple[Recipient, ...]
) -> AccessChanged:
    """Whoever had access before must hear of it, and the coordinator."""
    return AccessChanged(
        holder_id=before.who.id,
        post_id=entry.id if isinstance(entry, Post) else None,
        departement=getattr(entry, "departement", None),
        subject_before=before.authid,
        subject=after.authid if after else None,
        reached_before=before.reached(change.digest_of),
        reached=after.reached(change.digest_of) if after else None,
        reason=change.reason,
        notify=told,
    )


def _post_changed(post: Post, reason: RosterReason, access: Mapping[str, Any]) -> PostChanged:
    same = ("departement", "employer", "force", "share", "since", "until")
    return PostChanged(
        post_id=post.id,
        iscg_id=post.iscg.id if post.iscg else None,
        iscg_subject=access.get("subject"),
        reached=access.get("reached"),
        stations=tuple(presence.station for presence in post.presences),
        absences=tuple(AbsencePeriod(**each.model_dump()) for each in post.absences),
        reason=reason,
        **{name: getattr(post, name) for name in same},
    )
