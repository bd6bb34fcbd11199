"""What intake says to the others about a report."""

from typing import Any
from zoneinfo import ZoneInfo

from services.intake.domain.receiving import Accepted, Corrected, Counted, Rejected, Withdrawn
from services.intake.domain.submission import Submission
from shared.contracts.events import ReportAccepted, ReportCorrected, ReportCounted, ReportRejected, ReportWithdrawn


def accepted(submission: Submission, verdict: Accepted) -> ReportAccepted:
    """A person is to be reached; who she is and what happened stand sealed."""
    return ReportAccepted(**_reported(submission, verdict), contact=verdict.report.content.contact())


def corrected(submission: Submission, verdict: Corrected) -> ReportCorrected:
    """What was reported of the person is replaced; if she refuses now, how to reach her is not passed on."""
    content = verdict.report.content
    contact = content.contact() if content.may_be_contacted() else None
    return ReportCorrected(**_reported(submission, verdict), contact=contact)


def withdrawn(submission: Submission, verdict: Withdrawn) -> ReportWithdrawn:
    """The station takes its report back."""
    return ReportWithdrawn(
        case_id=verdict.case_id,
        report_id=verdict.withdrawal.report_id,
        revision=verdict.withdrawal.revision,
        integrator=submission.integrator,
        station=verdict.withdrawal.station,
        reason=verdict.withdrawal.reason,
    )


def _reported(submission: Submission, verdict: Accepted | Corrected) -> dict[str, Any]:
    report, station = verdict.report, verdict.station
    return {
        "case_id": verdict.case_id,
        "report_id": report.clear.report_id,
        "revision": report.clear.revision,
        "integrator": submission.integrator,
        "station": station.code,
        "force": station.force,
        "departement": station.departement,
        "zone": station.zone,
        "urgency": report.clear.urgency,
        "taken_at": report.clear.taken_at,
        "received_at": submission.received_at,
        "test": report.clear.test,
        "file": report.content.file(submission.known_by if report.content.may_be_contacted() else None),
    }


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
