"""What becomes of a submission: taken, kept, rejected, or known already."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from services.intake.domain.filed import FiledReport
from services.intake.domain.registry import Integrator, Station
from services.intake.domain.submission import Submission
from shared.contracts.blocks import Fault
from shared.contracts.check import Report
from shared.contracts.events import ReceiptIssued, WithdrawalSubmitted
from shared.contracts.report import LARGEST_REPORT
from shared.contracts.vocabulary import FaultCode, ReceiptWarning, RejectReason, Standing

CLOCK_AHEAD = timedelta(minutes=5)
FIRST = 1
"""The revision of a report; higher ones correct or withdraw it."""


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
class Corrected:
    """What is known of a case is replaced."""

    report: Report
    station: Station
    case_id: UUID


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """The station takes its report back; where it has opened a case, that is to be cancelled."""

    withdrawal: WithdrawalSubmitted
    case_id: UUID | None


@dataclass(frozen=True, slots=True)
class Kept:
    """A correction or withdrawal whose report has not come yet: it waits for it."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """Its station must mend it."""

    reason: RejectReason
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True)
class Repeated:
    """The same again: it gets the same receipt."""

    receipt: ReceiptIssued


Verdict = Accepted | Counted | Corrected | Withdrawn | Kept | Rejected
"""What is decided about something that was not taken before."""


def judge(
    submission: Submission,
    filed: FiledReport | None,
    station: Station | None,
    integrator: Integrator | None,
    related: Sequence[FiledReport] = (),
) -> Verdict | Repeated:
    """Decide about a submission, knowing what was filed under its identity and who may speak for its station.

    `related` are the reports of the same event, as far as they were filed.

    What was taken once stays taken: a repeat gets its receipt even where its station has left the registry since.
    """
    if submission.case_id is None or not (submission.report or submission.withdrawal):
        return Rejected(RejectReason.INVALID if submission.faults else RejectReason.TOO_LARGE, submission.faults)
    if filed and filed.fingerprint == submission.fingerprint and not filed.overdue:
        return Repeated(filed.receipt)
    revision = submission.revision or FIRST
    if reason := _refusal(filed, revision, station, integrator):
        return Rejected(reason)
    assert station is not None  # noqa: S101
    if _waits_for_its_report(filed, revision):
        return Kept()
    if any(shares_contact(submission, each) for each in related):
        return Rejected(RejectReason.INVALID, (_contact_of_other_role(submission),))
    return _take(submission, filed, station, submission.case_id)


def _refusal(
    filed: FiledReport | None, revision: int, station: Station | None, integrator: Integrator | None
) -> RejectReason | None:
    if filed and (reason := _out_of_turn(filed, revision)):
        return reason
    if station is None or station.closed:
        return RejectReason.UNKNOWN_STATION
    is_allowed = integrator is not None and integrator.speaks_for(station.code)
    return None if is_allowed else RejectReason.STATION_NOT_ALLOWED


def _out_of_turn(filed: FiledReport, revision: int) -> RejectReason | None:
    """Why another content can't follow on what is filed: the id is used up, or something newer is known already."""
    is_report_of_kept = filed.kept is not None and revision == FIRST
    if filed.fingerprint is None or filed.overdue or filed.revision is None or is_report_of_kept:
        return None
    if filed.withdrawn or revision == filed.revision:
        return RejectReason.REPORT_ID_REUSED
    return RejectReason.STALE_REVISION if revision < filed.revision else None


def _waits_for_its_report(filed: FiledReport | None, revision: int) -> bool:
    """A report that came and was rejected, or that nobody waits for any more, is not waited for."""
    return revision > FIRST and (filed is None or filed.kept is not None)


def _take(submission: Submission, filed: FiledReport | None, station: Station, case_id: UUID) -> Verdict:
    has_case = filed is not None and filed.has_case
    if submission.withdrawal:
        return Withdrawn(submission.withdrawal, case_id if has_case else None)
    assert submission.report  # noqa: S101
    if has_case:
        return Corrected(submission.report, station, case_id)
    if submission.report.content.may_be_contacted():
        return Accepted(submission.report, station, case_id)
    return Counted(submission.report, station)


def shares_contact(submission: Submission, other: FiledReport) -> bool:
    """Whether a related report gives the same contact for another role: then it is safe for neither."""
    is_same = submission.contact_mark is not None and submission.contact_mark == other.contact_mark
    return is_same and other.is_taken and submission.role is not other.role


def _contact_of_other_role(submission: Submission) -> Fault:
    persons = submission.report.content.persons if submission.report else ()
    n = next(n for n, person in enumerate(persons) if person.concerned)
    return Fault(pointer=f"/content/persons/{n}/contact/value", code=FaultCode.CONTACT_OF_OTHER_ROLE)


def standing_after(verdict: Verdict, filed: FiledReport | None) -> Standing:
    """How the report stands once this is decided; what is done with its case, referral tells."""
    match verdict:
        case Corrected() if filed:
            return filed.standing
        case Withdrawn(case_id=case_id):
            return filed.standing if filed and case_id else Standing.CLOSED
        case Counted():
            return Standing.COUNTED
        case Rejected():
            return Standing.REJECTED
        case _:
            return Standing.RECEIVED


def is_too_large(body: bytes) -> bool:
    """Whether a record's body is larger than any report may be."""
    return len(body) > LARGEST_REPORT


def warnings(submission: Submission) -> tuple[ReceiptWarning, ...]:
    """What the station should look at, although its report is taken."""
    report = submission.report
    is_ahead = report is not None and report.clear.taken_at - submission.received_at > CLOCK_AHEAD
    return (ReceiptWarning.CLOCK_AHEAD,) if is_ahead else ()
