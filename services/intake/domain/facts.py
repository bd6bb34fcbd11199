"""What intake says to the others about a report."""

from uuid import UUID
from zoneinfo import ZoneInfo

from services.intake.domain.registry import Station
from services.intake.domain.submission import Submission
from shared.contracts.check import Report
from shared.contracts.events import ReportAccepted, ReportCounted, ReportRejected
from shared.contracts.vocabulary import RejectReason

STATISTICS_ZONE = ZoneInfo("Europe/Paris")
"""Months are counted as in the ministry's statistics."""


def accepted(submission: Submission, report: Report, station: Station, case_id: UUID) -> ReportAccepted:
    """A person is to be reached; who she is and what happened stand sealed."""
    return ReportAccepted(
        case_id=case_id,
        report_id=report.clear.report_id,
        revision=report.clear.revision,
        integrator=submission.integrator,
        station=station.code,
        force=station.force,
        departement=station.departement,
        zone=station.zone,
        urgency=report.clear.urgency,
        taken_at=report.clear.taken_at,
        received_at=submission.received_at,
        test=report.clear.test,
        contact=report.content.contact(),
        file=report.content.file(),
    )


def counted(submission: Submission, report: Report) -> ReportCounted:
    """One more refusal, without identity."""
    return ReportCounted(
        report_id=report.clear.report_id,
        revision=report.clear.revision,
        integrator=submission.integrator,
        station=report.clear.station,
        month=submission.received_at.astimezone(STATISTICS_ZONE).strftime("%Y-%m"),
        test=report.clear.test,
    )


def rejected(submission: Submission, reason: RejectReason) -> ReportRejected:
    """A station has something to mend; what exactly is told to it alone."""
    return ReportRejected(report_id=submission.report_id, integrator=submission.integrator, reason=reason)
