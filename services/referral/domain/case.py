"""Saisine: opened from a report, assigned to an ISCG, accepted by her, followed, closed. The states are in `states`."""

from datetime import datetime
from typing import Self
from uuid import UUID

from services.referral.domain.assignment import Assignment
from services.referral.domain.following import ContactAttempt, Interview
from services.referral.domain.posts import Post
from services.referral.domain.referrals import Referral
from services.referral.domain.states import ENDED, HELD, CaseState, ForbiddenStep, Step, after
from services.referral.domain.urgency import raised
from services.referral.domain.writing import Silence
from shared.contracts.blocks import Candidate
from shared.contracts.events import ReportAccepted, ReportCorrected
from shared.contracts.fields import Block
from shared.contracts.forms import Departement, IntegratorCode, OpaqueCode, StationCode, UtcTime, Zone
from shared.contracts.vocabulary import (
    AttemptOutcome,
    DeclineReason,
    EscalationLevel,
    EscalationReason,
    Standing,
    Urgency,
)


class NoSuchCase(Exception):
    """There is no such case, or it is not this person's."""


class AlreadyAccepted(Exception):
    """The case has been taken in charge before."""


class NothingToAccept(Exception):
    """The case is assigned to nobody: its coordinator owns it."""


class UnderHold(Exception):
    """The case is under a legal hold: nothing of it is erased before that ends."""


class Escalation(Block):
    """Remontée: why, to whom, and which posts had been looked at or which assignment nobody accepted."""

    reason: EscalationReason
    escalated_at: UtcTime
    level: EscalationLevel = EscalationLevel.COORDINATOR
    assignment_id: UUID | None = None
    candidates: tuple[Candidate, ...] = ()


class BrokenGlass(Block):
    """Accès d'urgence: an ISCG who neither holds nor covers the case may look at its person until then."""

    by: UUID
    until: UtcTime


class Merge(Block):
    """Réunion: of which case this one is a duplicate, since when, and which post held it before."""

    into: UUID
    merged_at: UtcTime
    post_id: OpaqueCode | None = None


class Case(Block):
    """Saisine, in ids, places, times and numbers. Who it is about stands sealed in the `Dossier`.

    `post_id` is the post that holds it now. `standing` is the last word said to the station. `open_to` are the
    départements besides its own whose coordinators may place it; `related_to` the reports of other people of its event.
    `linked_to` are other cases of the same person; `merge` tells of which of them this one is a duplicate.
    `last_contact_at` is when the person was last reached or seen: from then on her file is kept for two years.
    `hold`: a legal hold (gel légal) keeps it from being erased. `silence`: nothing is to be written to the person.
    """

    id: UUID
    report_id: UUID
    integrator: IntegratorCode
    station: StationCode
    departement: Departement
    zone: Zone
    urgency: Urgency
    test: bool
    taken_at: UtcTime | None = None
    received_at: UtcTime
    state: CaseState = CaseState.OPENED
    post_id: OpaqueCode | None = None
    assignments: tuple[Assignment, ...] = ()
    escalations: tuple[Escalation, ...] = ()
    referrals: tuple[Referral, ...] = ()
    attempts: tuple[ContactAttempt, ...] = ()
    interviews: tuple[Interview, ...] = ()
    related_to: tuple[UUID, ...] = ()
    open_to: tuple[Departement, ...] = ()
    linked_to: tuple[UUID, ...] = ()
    merge: Merge | None = None
    standing: Standing | None = None
    last_contact_at: UtcTime | None = None
    ended_at: UtcTime | None = None
    hold: bool = False
    silence: Silence | None = None
    broken_glass: tuple[BrokenGlass, ...] = ()
    erased_at: UtcTime | None = None

    def assigned(self, assignment: Assignment) -> Self:
        """An ISCG is to take it in charge. Raises `ForbiddenStep`."""
        history = (*self.assignments, assignment)
        return self._moved(Step.ASSIGN, post_id=assignment.post_id, assignments=history)

    def taken_over(self, assignment: Assignment) -> Self:
        """An ISCG takes it in charge who covers for its holder. Raises `ForbiddenStep`."""
        history = (*self.assignments, assignment.model_copy(update={"accepted_at": assignment.assigned_at}))
        taken = self._moved(Step.TAKE_OVER, post_id=assignment.post_id, assignments=history)
        return taken._with(standing=self.standing or Standing.TAKEN_IN_CHARGE)

    def declined(self, reason: DeclineReason, at: UtcTime) -> Self:
        """Its ISCG does not take it: it is to be placed again. Raises `NothingToAccept`, `ForbiddenStep`."""
        history = self._with_active(declined_at=at, decline_reason=reason)
        return self._moved(Step.DECLINE, post_id=None, assignments=history)

    def left(self) -> Self:
        """Nobody holds it for now; it is about to be placed again."""
        return self._with(post_id=None)

    def escalated(self, escalation: Escalation) -> Self:
        """Somebody above must see to it; an assignment stays active and can still be accepted."""
        return self._moved(Step.ESCALATE, escalations=(*self.escalations, escalation))

    def opened_to(self, departements: tuple[str, ...]) -> Self:
        """The coordinators of these départements may place it too."""
        return self._with(open_to=tuple(dict.fromkeys((*self.open_to, *departements))))

    def may_go_to(self, post: Post) -> bool:
        """Check that a post is of a département that it is open to, or agreed at its station."""
        return any(post.may_sit_at(self.station, each) for each in (self.departement, *self.open_to))

    def referred(self, referral: Referral) -> Self:
        """A partner is to answer."""
        return self._with(referrals=(*self.referrals, referral))

    def with_referral(self, referral: Referral) -> Self:
        """One of its referrals has moved on."""
        return self._with(referrals=tuple(referral if each.id == referral.id else each for each in self.referrals))

    def referral(self, referral_id: UUID) -> Referral:
        """One of its referrals. Raises `NoSuchCase` where it is none."""
        return self.referrals[self.referral_number(referral_id) - 1]

    def referral_number(self, referral_id: UUID) -> int:
        """Which of its referrals this is, from 1. Raises `NoSuchCase` where it is none."""
        found = [n for n, each in enumerate(self.referrals, 1) if each.id == referral_id]
        if not found:
            raise NoSuchCase
        return found[0]

    def accepted(self, at: UtcTime) -> Self:
        """The ISCG who holds it takes it in charge; the station is told so at the first time.

        Raises `AlreadyAccepted`, `NothingToAccept`, `ForbiddenStep`.
        """
        if self.state in HELD:
            raise AlreadyAccepted
        history = self._with_active(accepted_at=at)
        return self._moved(Step.ACCEPT, assignments=history, standing=self.standing or Standing.TAKEN_IN_CHARGE)

    def attempted(self, attempt: ContactAttempt) -> Self:
        """Its ISCG has tried to reach the person. Raises `ForbiddenStep`."""
        attempts = (*self.attempts, attempt)
        if attempt.outcome is not AttemptOutcome.REACHED:
            return self._moved(Step.TRY, attempts=attempts)
        return self._moved(Step.MEET, attempts=attempts, last_contact_at=attempt.at)

    def met(self, interview: Interview) -> Self:
        """Its ISCG has seen or heard the person. Raises `ForbiddenStep`."""
        return self._moved(Step.MEET, interviews=(*self.interviews, interview), last_contact_at=interview.at)

    def missed(self) -> Self:
        """Its ISCG could not reach the person, and tells the station so. Raises `ForbiddenStep`."""
        return self._moved(Step.MISS, standing=Standing.NOT_REACHABLE)

    def corrected(self, report: ReportCorrected) -> Self:
        """What its station says of it is replaced."""
        members = {"station": report.station, "departement": report.departement, "zone": report.zone}
        return self._with(**members, urgency=raised(report.urgency, report.file), test=report.test)

    def related(self, report_ids: tuple[UUID, ...]) -> Self:
        """Other people of its event have reports of their own."""
        return self._with(related_to=tuple(dict.fromkeys((*self.related_to, *report_ids))))

    def linked(self, case_id: UUID) -> Self:
        """That case is of the same person."""
        return self._with(linked_to=tuple(dict.fromkeys((*self.linked_to, case_id))))

    def unlinked(self, case_id: UUID) -> Self:
        """That case is not of the same person, as far as anybody knows."""
        return self._with(linked_to=tuple(each for each in self.linked_to if each != case_id))

    def merged(self, survivor: "Case", at: UtcTime) -> Self:
        """It is a duplicate: whoever has the survivor sees to it, and its station hears what hers does.

        Raises `ForbiddenStep`.
        """
        merge, standing = Merge(into=survivor.id, merged_at=at, post_id=self.post_id), survivor.standing
        return self._moved(Step.MERGE, post_id=None, merge=merge, standing=standing or self.standing)

    def parted(self) -> Self:
        """It was no duplicate: it is about to be placed again. Raises `ForbiddenStep`."""
        return self._moved(Step.PART, merge=None)

    def stands(self, standing: Standing) -> Self:
        """Its survivor has come as far as that."""
        return self._with(standing=standing)

    def ended(self, step: Step, at: UtcTime) -> Self:
        """Nobody holds it any more, and its station sees it closed. Raises `ForbiddenStep`."""
        return self._moved(step, post_id=None, standing=Standing.CLOSED, ended_at=at)

    def broken(self, by: UUID, until: UtcTime) -> Self:
        """Somebody else may look at its person for a time.

        Raises `ForbiddenStep` once nobody has to do anything, and `NoSuchCase` once it is erased.
        """
        if self.state is CaseState.ERASED:
            raise NoSuchCase
        if self.is_ended:
            raise ForbiddenStep
        return self._with(broken_glass=(*self.broken_glass, BrokenGlass(by=by, until=until)))

    def is_broken_by(self, by: UUID, at: datetime) -> bool:
        """Whether this person may look at it now because she has broken the glass."""
        return any(each.by == by and at < each.until for each in self.broken_glass)

    def held_back(self, hold: bool) -> Self:
        """A legal hold begins or ends."""
        return self._with(hold=hold)

    def silenced(self, stop_id: UUID, at: UtcTime) -> Self:
        """Nothing is to be written to the person any more."""
        return self if self.silence else self._with(silence=Silence(id=stop_id, asked_at=at))

    def quiet_since(self, stop_id: UUID, at: UtcTime) -> Self:
        """Nothing more can leave towards the person."""
        if self.silence is None or self.silence.id != stop_id:
            return self
        return self._with(silence=self.silence.model_copy(update={"stopped_at": at}))

    def unsilenced(self) -> Self:
        """The person has agreed anew that one turns to her."""
        return self._with(silence=None) if self.silence else self

    def erased(self) -> Self:
        """Whose case it was is to be forgotten; that there was one counts. Raises `UnderHold`, `ForbiddenStep`."""
        if self.hold:
            raise UnderHold
        return self._moved(Step.ERASE, related_to=(), open_to=(), linked_to=())

    def erased_again(self, at: UtcTime) -> Self:
        """A backup from before its erasure was restored: it is as it was after it, whatever state came back."""
        return self._with(state=CaseState.ERASED, post_id=None, hold=False, ended_at=self.ended_at or at, erased_at=at)

    def forgotten(self, at: UtcTime) -> Self:
        """Its keys are destroyed."""
        return self._with(erased_at=at)

    @property
    def is_ended(self) -> bool:
        """Whether nobody has to do anything about it."""
        return self.state in ENDED

    @property
    def survivor_id(self) -> UUID | None:
        """The case that it is a duplicate of, as long as both are open."""
        return self.merge.into if self.merge and self.state is CaseState.MERGED else None

    @property
    def is_held(self) -> bool:
        """Whether an ISCG has taken it in charge."""
        return self.state in HELD

    @property
    def contacts(self) -> int:
        """How often the person has been reached or seen."""
        return len(self.interviews) + sum(each.outcome is AttemptOutcome.REACHED for each in self.attempts)

    @property
    def has_declined(self) -> frozenset[str]:
        """The ISCGs who have declined it: they are not asked again."""
        return frozenset(each.iscg_id for each in self.assignments if each.declined_at)

    def is_unaccepted(self, n: int) -> bool:
        """Whether the n-th assignment (from 1) is the active one and nobody has accepted it."""
        return len(self.assignments) == n and self.state is CaseState.ASSIGNED

    def _with_active(self, **changes: datetime | DeclineReason) -> tuple[Assignment, ...]:
        if self.post_id is None:
            raise NothingToAccept
        *before, active = self.assignments
        return (*before, active.model_copy(update=changes))

    def _moved(self, step: Step, **changes: object) -> Self:
        return self._with(state=after(self.state, step), **changes)

    def _with(self, **changes: object) -> Self:
        return self.model_copy(update=changes)


def open_case(report: ReportAccepted) -> Case:
    """The case of an accepted report: what routing needs, and nothing of the person."""
    members = report.model_dump(include=Case.model_fields.keys() & ReportAccepted.model_fields.keys())
    members["urgency"] = raised(report.urgency, report.file)
    return Case(id=report.case_id, related_to=report.file.related_to if report.file else (), **members)
