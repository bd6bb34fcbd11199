"""What became of a report at the door."""

from typing import Annotated
from uuid import UUID

from shared.contracts.event import Event
from shared.contracts.fields import Routed, Sealed
from shared.contracts.forms import Departement, IntegratorCode, Month, StationCode, UtcTime, Zone
from shared.contracts.report import CaseFile, Contact
from shared.contracts.vocabulary import Force, RejectReason, Urgency


class ReportAccepted(Event, family="report"):
    """A report was accepted: a person is to be reached by an ISCG of this territory."""

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
