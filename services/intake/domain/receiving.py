"""What becomes of a submission: accepted, counted, rejected, or known already."""

from dataclasses import dataclass
from datetime import timedelta

from services.intake.domain.filed import FiledReport
from services.intake.domain.registry import Integrator, Station
from services.intake.domain.submission import Submission
from shared.contracts.report import ReportContent
from shared.contracts.vocabulary import ConsentAnswer, ReceiptWarning, RejectReason

CLOCK_AHEAD = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Accepted:
    """A case is to be opened."""


@dataclass(frozen=True, slots=True)
class Counted:
    """The person refused, and nothing overrides her refusal: counted without identity."""


@dataclass(frozen=True, slots=True)
class Repeated:
    """The same report again: it gets the same receipt."""

    filed: FiledReport


@dataclass(frozen=True, slots=True)
class Rejected:
    """Its station must mend it."""

    reason: RejectReason


Verdict = Accepted | Counted | Repeated | Rejected


def judge(
    submission: Submission,
    fingerprint: str | None,
    filed: FiledReport | None,
    station: Station | None,
    integrator: Integrator | None,
) -> Verdict:
    """Decide about a submission, knowing what was filed under its identity and who may speak for its station."""
    if submission.is_too_large:
        return Rejected(RejectReason.TOO_LARGE)
    report = submission.report
    if report is None:
        return Rejected(RejectReason.INVALID)
    if station is None:
        return Rejected(RejectReason.UNKNOWN_STATION)
    if integrator is None or not integrator.speaks_for(station.code):
        return Rejected(RejectReason.STATION_NOT_ALLOWED)
    if filed and filed.is_taken:
        return _judge_again(filed, fingerprint, report.clear.revision)
    return Accepted() if may_open_case(report.content) else Counted()


def _judge_again(filed: FiledReport, fingerprint: str | None, revision: int) -> Verdict:
    if filed.fingerprint == fingerprint:
        return Repeated(filed)
    return Rejected(RejectReason.STALE_REVISION if revision < filed.revision else RejectReason.REPORT_ID_REUSED)


def may_open_case(content: ReportContent) -> bool:
    """Whether the person may be contacted: she agreed, was not asked yet, or a legal ground overrides her refusal."""
    consent = content.concerned.consent
    refused = consent is not None and consent.contact_by_iscg == ConsentAnswer.REFUSED
    return not refused or content.legal_ground is not None


def warnings(submission: Submission) -> tuple[ReceiptWarning, ...]:
    """What the station should look at, although its report is taken."""
    report = submission.report
    is_ahead = report is not None and report.clear.taken_at > submission.received_at + CLOCK_AHEAD
    return (ReceiptWarning.CLOCK_AHEAD,) if is_ahead else ()
