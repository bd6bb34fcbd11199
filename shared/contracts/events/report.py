"""What became of a report at the door."""

from typing import Annotated
from uuid import UUID

from shared.contracts.event import Event
from shared.contracts.fields import Routed, Sealed
from shared.contracts.forms import Departement, IntegratorCode, Month, StationCode, UtcTime, Zone
from shared.contracts.report import CaseFile, Contact
from shared.contracts.vocabulary import Force, RejectReason, Urgency, WithdrawalReason


class Reported(Event):
    """What a station reports of a case, as intake passes it on."""

    case_id: Routed[UUID]
    report_id: Routed[UUID]
    revision: Routed[int]
    integrator: Routed[IntegratorCode]
    station: Routed[StationCode]
    force: Routed[Force]
    departement: Routed[Departement]
    zone: Routed[Zone]
    urgency: Routed[Urgency]
    taken_at: Routed[UtcTime]
    received_at: Routed[UtcTime]
    test: Routed[bool]
    contact: Annotated[Contact | None, Sealed("contact")] = None
    file: Annotated[CaseFile | None, Sealed("file")] = None


class ReportAccepted(Reported, family="report"):
    """A report was accepted: a person is to be reached by an ISCG of this territory."""


class ReportCorrected(Reported, family="report"):
    """A station corrects what it has reported: these facts replace the ones before.

    `contact` is absent where the person refuses now and no legal ground overrides her refusal.
    """


class ReportWithdrawn(Event, family="report"):
    """A station takes back what it has reported by mistake. `case_id` is absent where no case was opened."""

    case_id: Routed[UUID | None] = None
    report_id: Routed[UUID]
    revision: Routed[int]
    integrator: Routed[IntegratorCode]
    station: Routed[StationCode]
    reason: Routed[WithdrawalReason]


class ReportRejected(Event, family="report"):
    """A report was rejected: its station must mend it. The faults stand in the receipt only."""

    report_id: Routed[UUID | None] = None
    integrator: Routed[IntegratorCode]
    reason: Routed[RejectReason]


class ReportCounted(Event, family="report"):
    """A report was counted without identity: the person refused, and no legal ground overrides her refusal."""

    report_id: Routed[UUID]
    revision: Routed[int]
    integrator: Routed[IntegratorCode]
    station: Routed[StationCode]
    month: Routed[Month]
    test: Routed[bool]
