"""Échéances: the clocks that run on a case, and how long each of them runs."""

from datetime import datetime, timedelta
from uuid import UUID, uuid5

from services.referral.domain.calendars import after_working_days
from shared.contracts.fields import Block
from shared.contracts.forms import UtcTime
from shared.contracts.vocabulary import Urgency
from shared.contracts.vocabulary.code import Code


class DeadlineKind(Code):
    """Nature d'une échéance."""

    TO_BE_ACCEPTED = "to-be-accepted", "À accepter par l'ISCG"


class Terms(Block):
    """Délais, all of them ours: no national first-contact delay exists.

    What can't wait is counted in hours, around the clock; what can, in working days.
    """

    immediate_within: timedelta
    urgent_within: timedelta
    standard_within_working_days: int
    answer_within: timedelta

    def accept_by(self, urgency: Urgency, received_at: datetime, departement: str, zone: str) -> datetime:
        """When a case must have been accepted: counted from our receipt, never from the station's clock."""
        match urgency:
            case Urgency.IMMEDIATE:
                return received_at + self.immediate_within
            case Urgency.URGENT:
                return received_at + self.urgent_within
            case Urgency.STANDARD:
                return after_working_days(received_at, self.standard_within_working_days, departement, zone)


class Deadline(Block):
    """Échéance of a case. It has `due_at` for as long as it runs; what comes of it joins the trace of its case."""

    id: UUID
    case_id: UUID
    kind: DeadlineKind
    assignment_id: UUID
    due_at: UtcTime | None = None
    trace: str | None = None

    def not_after(self, due_at: datetime) -> "Deadline":
        """The same clock, which runs out by this moment at the latest."""
        return self.model_copy(update={"due_at": min(self.due_at, due_at)}) if self.due_at else self

    def ended(self) -> "Deadline":
        """The clock has run out, or need not run any more."""
        return self.model_copy(update={"due_at": None})


def acceptance_deadline(case_id: UUID, n: int, assignment_id: UUID, due_at: datetime, trace: str | None) -> Deadline:
    """The n-th assignment of a case (from 1) must be accepted by then. Its id is computed, so that it runs once."""
    return Deadline(
        id=acceptance_id(case_id, n),
        case_id=case_id,
        kind=DeadlineKind.TO_BE_ACCEPTED,
        assignment_id=assignment_id,
        due_at=due_at,
        trace=trace,
    )


def acceptance_id(case_id: UUID, n: int) -> UUID:
    """The id of the deadline by which the n-th assignment of a case must be accepted."""
    return uuid5(case_id, f"{DeadlineKind.TO_BE_ACCEPTED}/{n}")
