"""What referral reads, with each optional member and list absent, null and empty, through handlers and rules."""

from collections.abc import Iterator
from datetime import date
from uuid import UUID

import orjson
import pytest

from services.referral.domain.conflicts import conflicts
from services.referral.domain.consent import with_consent
from services.referral.domain.disclosure import told
from services.referral.domain.statistics import counted
from services.referral.handlers import book_of
from services.referral.store import DEADLINES
from shared.contracts.event import Event
from shared.contracts.events import ReportAccepted
from shared.contracts.report import CaseFile
from shared.contracts.vocabulary import PartnerType
from shared.delivery.cause import Cause
from shared.delivery.shelf import Shelf
from tests.contracts.optional import readable, whole
from tests.referral.builders import CASE, MONDAY, TERMS, Desk, a_partner, a_post, a_report

BOOK = book_of(TERMS)
REPORTED = a_report()


def events(kind: type[Event]) -> Iterator[tuple[str, Event]]:
    """An event of the case and the station that the desk knows, and each variant of it that is read."""
    known = {"case_id": str(CASE), **REPORTED.clear()}
    blocks = {name: orjson.loads(block) for name, block in REPORTED.blocks().items()}
    for what, event, _ in readable(kind, whole(kind, known, blocks)):
        yield what, event


def a_desk(kind: type[Event]) -> Desk:
    """A desk at which the case is known, unless this event makes it known."""
    desk = Desk(
        a_post(), a_post("post-2"), partners=(a_partner(PartnerType.CIDFF), a_partner(PartnerType.CRIP, "crip"))
    )
    if kind is not ReportAccepted:
        BOOK.pages[ReportAccepted].handle(REPORTED, desk.work())
    return desk


@pytest.mark.parametrize("kind", BOOK.pages)
def test_a_handler_takes_every_variant_of_its_event_and_what_it_says_can_be_sent(kind: type[Event]) -> None:
    tried = 0
    for what, event in events(kind):
        desk, cause = a_desk(kind), Cause(UUID(int=9), MONDAY, str(CASE), sealed={"file": "eA=="})
        page = BOOK.pages[kind]
        assert list(page.needs(event, cause)) is not None
        page.handle(event, desk.work(cause))
        assert all(each.clear() is not None and each.blocks() is not None for each in desk.said()), what
        check_kept(desk)
        tried += 1
    assert tried > 0


def check_kept(desk: Desk) -> None:
    """Whatever is kept is read back the same."""
    for (shelf, _), tracked in desk.unit.states.items():
        if tracked.is_touched and tracked.state is not None and isinstance(shelf, Shelf):
            assert shelf.state(shelf.document(tracked.state)) == tracked.state


def test_the_clocks_of_every_variant_run_out_without_an_error() -> None:
    for _, event in events(ReportAccepted):
        desk = a_desk(ReportAccepted)
        BOOK.pages[ReportAccepted].handle(event, desk.work())
        running = [each.state for key, each in desk.unit.states.items() if key[0] is DEADLINES and each.state]
        for each in running:
            desk.tick(each.kind, each.n, each.stage)
        assert running and desk.case().id == CASE


def test_rules_that_look_at_a_file_take_every_variant_of_it() -> None:
    for what, event in events(ReportAccepted):
        file, contact = getattr(event, "file", None), getattr(event, "contact", None)
        if isinstance(file, CaseFile):
            assert [told(partner, file, contact, date(2026, 11, 23)) for partner in PartnerType], what
            assert conflicts(file, None, None) == () and with_consent(file, None) == file, what
            counted(file, date(2026, 11, 23), "31", is_known=False)
