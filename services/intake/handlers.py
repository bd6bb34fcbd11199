"""What intake does when a station reports, when a case stands differently, when a roster changes."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from services.intake.domain import facts
from services.intake.domain.filed import FiledReport
from services.intake.domain.fingerprint import fingerprint
from services.intake.domain.presence import Presence, next_presence
from services.intake.domain.receipt import STANDINGS, Sign, naming, receipt_of, receipt_of_standing
from services.intake.domain.receiving import Accepted, Counted, Rejected, Repeated, judge
from services.intake.domain.submission import Submission
from services.intake.store import INTEGRATORS, PRESENCES, REPORTS, STATIONS
from shared.contracts.blocks import Opening
from shared.contracts.events import PresencePublished, ReceiptIssued, StandingChanged
from shared.contracts.ids import case_id
from shared.contracts.topics import station_receipts
from shared.delivery.book import Book
from shared.delivery.cause import Cause
from shared.delivery.shelf import Key
from shared.delivery.unit import Work


@dataclass(frozen=True, slots=True)
class Secrets:
    """What intake signs and computes with: receipts, case ids, fingerprints."""

    sign: Sign
    case: bytes
    fingerprint: bytes


def book_of(secrets: Secrets) -> Book:
    """The handlers of this service."""
    book = Book()

    @book.on(Submission, needs=_looked_at)
    def _(submission: Submission, work: Work) -> None:
        on_submission(submission, work, secrets)

    @book.on(StandingChanged, needs=lambda event, _: [(REPORTS, f"{event.integrator}/{event.report_id}")])
    def _(event: StandingChanged, work: Work) -> None:
        on_standing_changed(event, work, secrets.sign)

    book.on(PresencePublished, needs=lambda event, _: [(PRESENCES, event.station)])(on_presence_published)
    return book


def _looked_at(submission: Submission, _cause: Cause) -> Iterable[Key]:
    yield INTEGRATORS, submission.integrator
    if submission.identity:
        yield REPORTS, submission.identity
    if submission.station:
        yield STATIONS, submission.station
        yield PRESENCES, submission.station


def on_submission(submission: Submission, work: Work, secrets: Secrets) -> None:
    """Take a report, or tell its station why not; the same report again gets the same receipt."""
    filed = work.get(REPORTS, submission.identity) if submission.identity else None
    station = work.get(STATIONS, submission.station) if submission.station else None
    mark = fingerprint(secrets.fingerprint, submission.report) if submission.report else None
    verdict = judge(submission, mark, filed, station, work.get(INTEGRATORS, submission.integrator))
    if isinstance(verdict, Repeated):
        _answer(verdict.filed.receipt, submission, work)
        return
    receipt = receipt_of(submission, verdict, _next_presence(submission, work), secrets.sign)
    case = case_id(secrets.case, submission.integrator, submission.report_id) if submission.report_id else None
    if case and submission.report_id and not (filed and filed.is_taken):
        now = FiledReport(
            integrator=submission.integrator,
            report_id=submission.report_id,
            case_id=case,
            revision=submission.revision or 0,
            standing=STANDINGS[type(verdict)],
            receipt=receipt,
            fingerprint=None if isinstance(verdict, Rejected) else mark,
        )
        work.put(REPORTS, submission.identity, now)
    _announce(submission, verdict, case, work)
    _answer(receipt, submission, work)


def on_standing_changed(event: StandingChanged, work: Work, sign: Sign) -> None:
    """Tell a report's station the one word that it may know."""
    identity = f"{event.integrator}/{event.report_id}"
    filed = work.get(REPORTS, identity)
    if filed is None or not filed.can_become(event.standing):
        return
    work.put(REPORTS, identity, filed.model_copy(update={"standing": event.standing}))
    receipt = receipt_of_standing(filed, event.standing, sign)
    topic = station_receipts(event.integrator).name
    work.say(receipt, event.report_id, of=(REPORTS, identity), topic=topic, correlation=event.report_id)


def on_presence_published(event: PresencePublished, work: Work) -> None:
    """Remember when an ISCG sits at a station, for the receipts."""
    work.put(PRESENCES, event.station, Presence(openings=event.openings))


def _next_presence(submission: Submission, work: Work) -> Opening | None:
    presence = work.get(PRESENCES, submission.station) if submission.station else None
    return next_presence(presence.openings, submission.received_at) if presence else None


def _announce(submission: Submission, verdict: Accepted | Counted | Rejected, case: UUID | None, work: Work) -> None:
    of = (REPORTS, submission.identity) if submission.identity else None
    if isinstance(verdict, Rejected):
        rejected = facts.rejected(submission, verdict.reason)
        work.say(rejected, case or work.cause.id, of=of, correlation=case)
        return
    station = work.get(STATIONS, submission.station)
    if submission.report is None or station is None or case is None:
        raise AssertionError("only a report of a known station is accepted or counted")
    if isinstance(verdict, Counted):
        work.say(facts.counted(submission, submission.report), station.code)
    else:
        work.say(facts.accepted(submission, submission.report, station, case), case, of=of, correlation=case)


def _answer(receipt: ReceiptIssued, submission: Submission, work: Work) -> None:
    of = (REPORTS, submission.identity) if submission.identity else None
    topic, report_id = station_receipts(submission.integrator).name, submission.report_id
    work.say(naming(receipt, submission), report_id or work.cause.id, of=of, topic=topic, correlation=report_id)
