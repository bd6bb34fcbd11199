"""What intake says to the others about a report."""

from zoneinfo import ZoneInfo

from services.intake.domain.receiving import Accepted, Counted, Rejected
from services.intake.domain.submission import Submission
from shared.contracts.events import ReportAccepted, ReportCounted, ReportRejected


def accepted(submission: Submission, verdict: Accepted) -> ReportAccepted:
    """A person is to be reached; who she is and what happened stand sealed."""
    report, station = verdict.report, verdict.station
    return ReportAccepted(
        case_id=verdict.case_id,
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


def counted(submission: Submission, verdict: Counted) -> ReportCounted:
    """One more refusal, without identity, in the month that it was when it arrived at its station."""
    report, station = verdict.report, verdict.station
    return ReportCounted(
        report_id=report.clear.report_id,
        revision=report.clear.revision,
        integrator=submission.integrator,
        station=station.code,
        month=submission.received_at.astimezone(ZoneInfo(station.zone)).strftime("%Y-%m"),
        test=report.clear.test,
    )


def rejected(submission: Submission, verdict: Rejected) -> ReportRejected:
    """A station has something to mend; what exactly is told to it alone."""
    return ReportRejected(report_id=submission.report_id, integrator=submission.integrator, reason=verdict.reason)
