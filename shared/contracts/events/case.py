"""What happens to a case: who holds it, who must be told, what its station may see."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from shared.contracts.blocks import (
    Agreed,
    Answered,
    Attempt,
    Closure,
    Decline,
    Explanation,
    Held,
    Needs,
    Opening,
    Recipient,
    ReferralFile,
)
from shared.contracts.event import Event
from shared.contracts.fields import Routed, Sealed
from shared.contracts.forms import Departement, IntegratorCode, OpaqueCode, StationCode, UtcTime
from shared.contracts.person import Consent
from shared.contracts.vocabulary import (
    CancelReason,
    CaseOutcome,
    DeadlineKind,
    ErasureReason,
    EscalationLevel,
    EscalationReason,
    MoveReason,
    PersonWords,
    Standing,
    Urgency,
)

Notify = Annotated[tuple[Recipient, ...] | None, Sealed("contact")]
"""Whoever must be told, in order. Referral decides it; notification asks nobody."""


LinkNumber = Annotated[int, Field(ge=1, le=9999)]
"""Which link of a referral leads to it, from 1. Those before it lead nowhere; the link itself stands in no event."""


class CaseOpened(Event, family="case"):
    """A case was opened (saisine)."""

    case_id: Routed[UUID]
    report_id: Routed[UUID]
    station: Routed[StationCode]
    departement: Routed[Departement]
    urgency: Routed[Urgency]
    test: Routed[bool]


class CaseCorrected(Event, family="case"):
    """The station of a case says it anew (correction); whoever holds it is told.

    `may_conflict`: she has noted what the person told her before, and is to compare.
    """

    revision: Routed[Annotated[int, Field(ge=1)]]
    may_conflict: Routed[bool] = False
    test: Routed[bool] = False
    notify: Notify = None


class CaseMerged(Event, family="case"):
    """A case was found to be a duplicate (réunion): whoever holds the one that it is merged `into` sees to it.

    Who held either is told.
    """

    into: Routed[UUID]
    test: Routed[bool] = False
    notify: Notify = None


class CaseParted(Event, family="case"):
    """A case that was merged was no duplicate (séparation): it is placed again, and its survivor's holder is told."""

    survivor: Routed[UUID]
    test: Routed[bool] = False
    notify: Notify = None


class CaseLinkChanged(Event, family="case"):
    """Another case is of the same person (rapprochement), or was not. It is said of both cases."""

    other_case_id: Routed[UUID]
    linked: Routed[bool]


class IscgAssigned(Event, family="case"):
    """A case was given to an ISCG (attribution), with the explanation of the choice."""

    assignment_id: Routed[UUID]
    post_id: Routed[OpaqueCode]
    iscg_id: Routed[OpaqueCode]
    urgency: Routed[Urgency]
    supersedes: Routed[UUID | None] = None
    because: Routed[MoveReason | None] = None
    test: Routed[bool] = False
    notify: Notify = None
    file: Annotated[Explanation | None, Sealed("file")] = None


class IscgAccepted(Event, family="case"):
    """An ISCG took the case in charge (prise en charge)."""

    assignment_id: Routed[UUID]
    iscg_id: Routed[OpaqueCode]


class IscgDeclined(Event, family="case"):
    """An ISCG does not take the case; she is not asked again."""

    assignment_id: Routed[UUID]
    iscg_id: Routed[OpaqueCode]
    file: Annotated[Decline | None, Sealed("file")] = None


class CaseEscalated(Event, family="case"):
    """A case went up to the département's coordinator (référent départemental), or further: nobody holds it in time.

    `late`: that was long ago, and could not be said sooner, as in an outage; much of it is said at once.
    """

    reason: Routed[EscalationReason]
    urgency: Routed[Urgency]
    level: Routed[EscalationLevel] = EscalationLevel.COORDINATOR
    assignment_id: Routed[UUID | None] = None
    late: Routed[bool] = False
    test: Routed[bool] = False
    notify: Notify = None


class DeadlineNeared(Event, family="case"):
    """Half of the time is over that somebody has (rappel d'échéance). `late` as where a case goes up."""

    kind: Routed[DeadlineKind]
    due_at: Routed[UtcTime]
    late: Routed[bool] = False
    referral_id: Routed[UUID | None] = None
    link: Routed[LinkNumber | None] = None
    test: Routed[bool] = False
    notify: Notify = None


class DeadlineMissed(Event, family="case"):
    """The time has run out that somebody had (échéance dépassée). `late` as where a case goes up."""

    kind: Routed[DeadlineKind]
    due_at: Routed[UtcTime]
    late: Routed[bool] = False
    test: Routed[bool] = False
    notify: Notify = None


class ContactAttempted(Event, family="case"):
    """An ISCG tried to reach the person (tentative de contact)."""

    attempt_id: Routed[UUID]
    file: Annotated[Attempt | None, Sealed("file")] = None


class InterviewHeld(Event, family="case"):
    """An ISCG saw or heard the person (entretien)."""

    interview_id: Routed[UUID]
    file: Annotated[Held | None, Sealed("file")] = None


class PersonNotReached(Event, family="case"):
    """An ISCG could not reach the person, and says so to the station (personne injoignable)."""

    assignment_id: Routed[UUID]


class CaseClosed(Event, family="case"):
    """Nobody has to do anything about the case any more (fin de la saisine)."""

    outcome: Routed[CaseOutcome]
    test: Routed[bool] = False
    notify: Notify = None
    file: Annotated[Closure | None, Sealed("file")] = None


class ReferralSent(Event, family="case"):
    """A case was referred to a partner (orientation), who is to answer in time."""

    referral_id: Routed[UUID]
    answer_by: Routed[UtcTime]
    test: Routed[bool] = False
    notify: Notify = None
    file: Annotated[ReferralFile | None, Sealed("file")] = None


class ReferralLinkRenewed(Event, family="case"):
    """A partner gets another link (nouveau lien d'orientation); those before it lead nowhere any more."""

    referral_id: Routed[UUID]
    link: Routed[LinkNumber]
    test: Routed[bool] = False
    notify: Notify = None


class AccessCodeIssued(Event, family="case"):
    """A partner that has no account asked for a code (code d'accès) by which its link opens. `counter` tells which."""

    referral_id: Routed[UUID]
    counter: Routed[Annotated[int, Field(ge=1)]]
    expires_at: Routed[UtcTime]
    test: Routed[bool] = False
    notify: Notify = None


class ReferralAnswered(Event, family="case"):
    """A partner has answered a referral (réponse à une orientation)."""

    referral_id: Routed[UUID]
    test: Routed[bool] = False
    notify: Notify = None
    file: Annotated[Answered | None, Sealed("file")] = None


class ReferralCancelled(Event, family="case"):
    """A referral is taken back (annulation d'une orientation); its partner is told, and nothing of it is shown more."""

    referral_id: Routed[UUID]
    reason: Routed[CancelReason]
    test: Routed[bool] = False
    notify: Notify = None


class ReferralExpired(Event, family="case"):
    """A partner has not answered in time (orientation expirée)."""

    referral_id: Routed[UUID]
    test: Routed[bool] = False
    notify: Notify = None


class ConsentCollected(Event, family="case"):
    """The person was asked what she agrees to (accord), or has changed her mind. The answer stands sealed."""

    consent_id: Routed[UUID]
    file: Annotated[Consent | None, Sealed("file")] = None


class GlassBroken(Event, family="case"):
    """An ISCG of elsewhere has given herself access for a time (accès d'urgence); whoever holds the case is told."""

    opening_id: Routed[UUID]
    until: Routed[UtcTime]
    test: Routed[bool] = False
    notify: Notify = None


class NeedsAssessed(Event, family="case"):
    """An ISCG has assessed what the person needs (évaluation des besoins sociaux)."""

    assessment_id: Routed[UUID]
    file: Annotated[Needs | None, Sealed("file")] = None


class PersonNoticeRequested(Event, family="case"):
    """An ISCG asks that the person be written to, who has agreed to it (avis à la personne).

    `notify` names the person first, with her safe hours, then who sees to it where she can't be told safely.
    `contact_version` is that of the contact which the ISCG knew; `valid_for` counts minutes from the first safe moment.
    """

    request_id: Routed[UUID]
    words: Routed[PersonWords]
    contact_version: Routed[Annotated[int, Field(ge=1)]]
    not_before: Routed[UtcTime]
    valid_for: Routed[Annotated[int, Field(ge=1, le=120)]] = 120
    test: Routed[bool] = False
    notify: Notify = None
    file: Annotated[Agreed | None, Sealed("file")] = None


class ContactStopRequested(Event, family="case"):
    """Nothing may be written to the person any more (demande d'arrêt des contacts). `ContactStopped` answers."""

    stop_id: Routed[UUID]


class CaseErased(Event, family="case"):
    """Whose case it was is forgotten (effacement): its data keys are destroyed.

    Copies of the wrapped keys, in the database's oplog and in backups, end with the next rotation of the masters.
    """

    reason: Routed[ErasureReason]


class LegalHoldChanged(Event, family="case"):
    """A case must not be erased for now (gel légal), or again may."""

    hold: Routed[bool]


class StandingChanged(Event, family="case"):
    """What a station may see of its report has changed."""

    report_id: Routed[UUID]
    integrator: Routed[IntegratorCode]
    standing: Routed[Standing]


class PresencePublished(Event, family="station"):
    """When an ISCG will sit at a station in the next 14 days (permanences), and whether nights are on call."""

    station: Routed[StationCode]
    openings: Routed[tuple[Opening, ...]]
    on_call: Routed[bool]
