"""What becomes of a submission: accepted, counted, rejected, or known already."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from services.intake.domain.filed import FiledReport
from services.intake.domain.registry import Integrator, Station
from services.intake.domain.submission import Submission
from shared.contracts.check import Report
from shared.contracts.report import LARGEST_REPORT, ReportContent
from shared.contracts.vocabulary import ConsentAnswer, ReceiptWarning, RejectReason

CLOCK_AHEAD = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Accepted:
    """A case is to be opened, under this id."""

    report: Report
    station: Station
    case_id: UUID


@dataclass(frozen=True, slots=True)
class Counted:
    """The person refused, and no legal ground overrides her refusal: counted without identity."""

    report: Report
    station: Station


@dataclass(frozen=True, slots=True)
class Rejected:
    """Its station must mend it."""

    reason: RejectReason


@dataclass(frozen=True, slots=True)
class Repeated:
    """The same report again: it gets the same receipt."""

    filed: FiledReport


Verdict = Accepted | Counted | Rejected
"""What is decided about a report that was not taken before."""


def judge(
    submission: Submission, filed: FiledReport | None, station: Station | None, integrator: Integrator | None
) -> Verdict | Repeated:
    """Decide about a submission, knowing what was filed under its identity and who may speak for its station.

    What was taken once stays taken: a repeat gets its receipt even where its station has left the registry since.
    """
    report, case_id = submission.report, submission.case_id
    if report is None or case_id is None:
        return Rejected(RejectReason.INVALID if submission.faults else RejectReason.TOO_LARGE)
    if filed and filed.is_taken:
        return _judge_again(filed, submission)
    if station is None:
        return Rejected(RejectReason.UNKNOWN_STATION)
    if integrator is None or not integrator.speaks_for(station.code):
        return Rejected(RejectReason.STATION_NOT_ALLOWED)
    return Accepted(report, station, case_id) if may_open_case(report.content) else Counted(report, station)


def _judge_again(filed: FiledReport, submission: Submission) -> Rejected | Repeated:
    if filed.fingerprint == submission.fingerprint:
        return Repeated(filed)
    is_stale = (submission.revision or 0) < (filed.revision or 0)
    return Rejected(RejectReason.STALE_REVISION if is_stale else RejectReason.REPORT_ID_REUSED)


def may_open_case(content: ReportContent) -> bool:
    """Whether the person may be contacted: she agreed, was not asked yet, or a legal ground overrides her refusal."""
    consent = content.concerned.consent
    has_refused = consent is not None and consent.contact_by_iscg is ConsentAnswer.REFUSED
    return not has_refused or content.legal_ground is not None


def is_too_large(body: bytes) -> bool:
    """Whether a record's body is larger than any report may be."""
    return len(body) > LARGEST_REPORT


def warnings(submission: Submission) -> tuple[ReceiptWarning, ...]:
    """What the station should look at, although its report is taken."""
    report = submission.report
    is_ahead = report is not None and report.clear.taken_at - submission.received_at > CLOCK_AHEAD
    return (ReceiptWarning.CLOCK_AHEAD,) if is_ahead else ()
