"""What intake does when a station reports, when a case stands differently, when presences are published."""

from collections.abc import Iterable
from functools import partial

from services.intake.domain import facts
from services.intake.domain.filed import FiledReport
from services.intake.domain.presence import Presence, next_presence
from services.intake.domain.receipt import STANDINGS, Sign, naming, receipt_of, receipt_of_standing
from services.intake.domain.receiving import Accepted, Counted, Rejected, Repeated, Verdict, judge
from services.intake.domain.submission import Submission, identity
from services.intake.store import INTEGRATORS, PRESENCES, REPORTS, STATIONS
from shared.contracts.blocks import Opening
from shared.contracts.events import PresencePublished, ReceiptIssued, StandingChanged
from shared.contracts.topics import station_receipts
from shared.delivery.book import Book
from shared.delivery.shelf import Key
from shared.delivery.unit import Work


class NoSuchReport(Exception):
    """A standing was told of a report that intake has never taken."""


def build_book(sign: Sign) -> Book:
    """The handlers of this service, and the signature under its receipts."""
    book = Book()
    book.on(Submission, needs=lambda submission, _: looked_at(submission))(partial(on_submission, sign=sign))
    book.on(StandingChanged, needs=lambda event, _: [(REPORTS, _identity_in(event))])(
        partial(on_standing_changed, sign=sign)
    )
    book.on(PresencePublished, needs=lambda event, _: [(PRESENCES, event.station)])(on_presence_published)
    return book


def on_submission(submission: Submission, work: Work, sign: Sign) -> None:
    """Take a report, or tell its station why not; the same report again gets the same receipt."""
    receive(submission, work, sign)


def receive(submission: Submission, work: Work, sign: Sign) -> tuple[Verdict | Repeated, ReceiptIssued]:
    """What is decided about a submission, and the receipt that its station is sent."""
    verdict = look_at(submission, work)
    if isinstance(verdict, Repeated):
        return verdict, _answer(verdict.filed.receipt, submission, work)
    receipt = receipt_of(submission, verdict, _next_presence(submission, work), sign)
    filed = work.get(REPORTS, submission.identity) if submission.identity else None
    if not (filed and filed.is_taken):
        _file(submission, verdict, receipt, work)
    _tell(submission, verdict, work)
    return verdict, _answer(receipt, submission, work)


def look_at(submission: Submission, work: Work) -> Verdict | Repeated:
    """What would be decided about a submission; nothing is kept or said."""
    filed = work.get(REPORTS, submission.identity) if submission.identity else None
    station = work.get(STATIONS, submission.station) if submission.station else None
    return judge(submission, filed, station, work.get(INTEGRATORS, submission.integrator))


def looked_at(submission: Submission) -> Iterable[Key]:
    """The keys of all that is looked at to decide about a submission."""
    yield INTEGRATORS, submission.integrator
    if submission.identity:
        yield REPORTS, submission.identity
    if submission.station:
        yield STATIONS, submission.station
        yield PRESENCES, submission.station


def on_standing_changed(event: StandingChanged, work: Work, sign: Sign) -> None:
    """Tell a report's station the one word that it may know. Raises `NoSuchReport`."""
    filed = work.get(REPORTS, _identity_in(event))
    if filed is None or not filed.is_taken:
        raise NoSuchReport
    if filed.can_become(event.standing):
        filed = filed.stands(event.standing)
        work.put(REPORTS, _identity_in(event), filed)
        receipt, topic = receipt_of_standing(filed, sign), station_receipts(filed.integrator).name
        of = (REPORTS, _identity_in(event))
        work.say(receipt, filed.report_id, of=of, topic=topic, correlation=filed.report_id)


def on_presence_published(event: PresencePublished, work: Work) -> None:
    """Remember when an ISCG sits at a station, for the receipts."""
    work.put(PRESENCES, event.station, Presence(openings=event.openings))


def _identity_in(event: StandingChanged) -> str:
    return identity(event.integrator, event.report_id)


def _next_presence(submission: Submission, work: Work) -> Opening | None:
    presence = work.get(PRESENCES, submission.station) if submission.station else None
    return next_presence(presence.openings, submission.received_at) if presence else None


def _file(submission: Submission, verdict: Verdict, receipt: ReceiptIssued, work: Work) -> None:
    if submission.report_id is None or submission.case_id is None:
        return
    filed = FiledReport(
        integrator=submission.integrator,
        report_id=submission.report_id,
        case_id=submission.case_id,
        revision=submission.revision,
        standing=STANDINGS[type(verdict)],
        receipt=receipt,
        fingerprint=None if isinstance(verdict, Rejected) else submission.fingerprint,
    )
    work.put(REPORTS, submission.identity, filed)


def _tell(submission: Submission, verdict: Verdict, work: Work) -> None:
    of = (REPORTS, submission.identity) if submission.identity else None
    match verdict:
        case Accepted():
            fact = facts.accepted(submission, verdict)
            work.say(fact, verdict.case_id, of=of, correlation=verdict.case_id)
        case Counted():
            # A station's counts are a stream of their own: nothing in it may lead to a person.
            work.say(facts.counted(submission, verdict), verdict.station.code)
        case Rejected():
            subject = submission.case_id or work.cause.id
            work.say(facts.rejected(submission, verdict), subject, of=of, correlation=submission.case_id)


def _answer(receipt: ReceiptIssued, submission: Submission, work: Work) -> ReceiptIssued:
    of = (REPORTS, submission.identity) if submission.identity else None
    topic, report_id = station_receipts(submission.integrator).name, submission.report_id
    named = naming(receipt, submission)
    work.say(named, report_id or work.cause.id, of=of, topic=topic, correlation=report_id)
    return named
