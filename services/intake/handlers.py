"""What intake does when a station hands something in, when a case stands differently, when presences are published."""

from functools import partial

from services.intake.domain.presence import Presence
from services.intake.domain.receipt import Sign, receipt_of_standing
from services.intake.domain.submission import Submission, identity
from services.intake.reception import Reception, looked_at
from services.intake.store import PRESENCES, REPORTS
from shared.contracts.events import PresencePublished, StandingChanged
from shared.contracts.topics import station_receipts
from shared.contracts.vocabulary import SetAsideReason
from shared.delivery.book import Book, Refusals
from shared.delivery.unit import Work


class NoSuchReport(Exception):
    """A standing was told of a report that intake has never taken."""


def build_book(reception: Reception) -> Book:
    """The handlers of this service."""
    book = Book()
    book.on(Submission, needs=lambda submission, _: looked_at(submission))(reception.receive)
    refuses: Refusals = {NoSuchReport: SetAsideReason.UNKNOWN_SUBJECT}
    book.on(StandingChanged, needs=lambda event, _: [(REPORTS, _identity_in(event))], refuses=refuses)(
        partial(on_standing_changed, sign=reception.sign)
    )
    book.on(PresencePublished, needs=lambda event, _: [(PRESENCES, event.station)])(on_presence_published)
    return book


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
