"""Saisine: opened from a report, assigned to an ISCG, accepted by her, escalated where nobody takes it."""

from typing import Self
from uuid import UUID

from services.referral.domain.assignment import Assignment
from services.referral.domain.partners import Referral
from shared.contracts.blocks import Candidate
from shared.contracts.events import ReportAccepted, ReportCorrected
from shared.contracts.fields import Block
from shared.contracts.forms import Departement, IntegratorCode, OpaqueCode, StationCode, UtcTime, Zone
from shared.contracts.vocabulary import EscalationReason, Standing, Urgency
from shared.contracts.vocabulary.code import Code


class NoSuchCase(Exception):
    """There is no such case, or it is not this person's."""


class AlreadyAccepted(Exception):
    """The case has been taken in charge before."""


class NothingToAccept(Exception):
    """The case is assigned to nobody: its coordinator owns it."""


class CaseState(Code):
    """État de la saisine."""

    OPENED = "opened", "Ouverte"
    ASSIGNED = "assigned", "Attribuée"
    ESCALATED = "escalated", "Remontée au référent départemental"
    ACCEPTED = "accepted", "Prise en charge"
    WITHDRAWN = "withdrawn", "Accord retiré"
    CANCELLED = "cancelled", "Annulée par l'unité"


ENDED = frozenset({CaseState.WITHDRAWN, CaseState.CANCELLED})
"""Nobody has to do anything any more."""


class Escalation(Block):
    """Remontée to the coordinator: why, and which posts had been looked at or which assignment nobody accepted."""

    reason: EscalationReason
    escalated_at: UtcTime
    assignment_id: UUID | None = None
    candidates: tuple[Candidate, ...] = ()


class Case(Block):
    """Saisine, in ids, places, times and numbers. Who it is about stands sealed in the `Dossier`.

    `post_id` is the post that holds it now. `standing` is the last word said to the station.
    """

    id: UUID
    report_id: UUID
    integrator: IntegratorCode
    station: StationCode
    departement: Departement
    zone: Zone
    urgency: Urgency
    test: bool
    received_at: UtcTime
    state: CaseState = CaseState.OPENED
    post_id: OpaqueCode | None = None
    assignments: tuple[Assignment, ...] = ()
    escalations: tuple[Escalation, ...] = ()
    referrals: tuple[Referral, ...] = ()
    standing: Standing | None = None

    def assigned(self, assignment: Assignment) -> Self:
        """An ISCG is to take it in charge."""
        history = (*self.assignments, assignment)
        return self._with(state=CaseState.ASSIGNED, post_id=assignment.post_id, assignments=history)

    def escalated(self, escalation: Escalation) -> Self:
        """Its coordinator must see to it; an assignment stays active and can still be accepted."""
        return self._with(state=CaseState.ESCALATED, escalations=(*self.escalations, escalation))

    def referred(self, referral: Referral) -> Self:
        """A partner is to answer."""
        return self._with(referrals=(*self.referrals, referral))

    def accepted(self, at: UtcTime) -> Self:
        """The ISCG who holds it takes it in charge; the station is told so at the first time.

        Raises `AlreadyAccepted` and `NothingToAccept`.
        """
        if self.state is CaseState.ACCEPTED:
            raise AlreadyAccepted
        if self.post_id is None:
            raise NothingToAccept
        *before, active = self.assignments
        history = (*before, active.model_copy(update={"accepted_at": at}))
        return self._with(state=CaseState.ACCEPTED, assignments=history, standing=Standing.TAKEN_IN_CHARGE)

    def corrected(self, report: ReportCorrected) -> Self:
        """What its station says of it is replaced."""
        members = {"urgency": report.urgency, "station": report.station, "departement": report.departement}
        return self._with(**members, zone=report.zone, test=report.test)

    def ended(self, state: CaseState) -> Self:
        """Nobody holds it any more, and its station sees it closed."""
        return self._with(state=state, post_id=None, standing=Standing.CLOSED)

    @property
    def is_ended(self) -> bool:
        """Whether nobody has to do anything about it."""
        return self.state in ENDED

    def is_unaccepted(self, assignment_id: UUID) -> bool:
        """Whether this assignment is the active one and nobody has accepted it."""
        is_active = bool(self.assignments) and self.assignments[-1].id == assignment_id
        return is_active and self.state is CaseState.ASSIGNED

    def _with(self, **changes: object) -> Self:
        return self.model_copy(update=changes)


class Dossier(Block):
    """Dossier scellé: the report's blocks as they came, sealed under the keys of the case, for those who may look."""

    contact: str | None = None
    file: str | None = None


def open_case(report: ReportAccepted) -> Case:
    """The case of an accepted report: what routing needs, and nothing of the person."""
    members = report.model_dump(include=Case.model_fields.keys() & ReportAccepted.model_fields.keys())
    return Case(id=report.case_id, **members)
