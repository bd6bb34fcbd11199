"""What notification reads, with each optional member and list absent, null and empty, through to the message."""

from collections.abc import Mapping
from typing import Any

import orjson
import pytest

from services.notification.attempts import begin_sending, end_sending
from services.notification.domain.notice import Handover, NoticeKind
from services.notification.domain.routing import KINDS, ROUTES, NothingToTell
from services.notification.handlers import book
from services.notification.letters import Office
from services.notification.store import NOTICES
from shared.contracts.event import Event
from shared.contracts.events import NotificationFailed, NotificationSent
from shared.delivery.cause import Cause
from shared.vault.links import Codes, Links
from tests.contracts.optional import Wire, readable, whole
from tests.notification.builders import CASE, CAUSE, MONDAY, PATIENCE, SEALED, Desk, a_notice

OFFICE = Office(Links([b"k" * 32]), Codes([b"c" * 32]), "https://relais.example", has_codes=True)
CHANNELS = [{"channel": "email", "value": "one@relais.example"}, {"channel": "sms", "value": "+33639980001"}]


def told(kind: type[Event]) -> Wire:
    """An event of this kind that leaves nothing out, and tells everybody whom it can tell."""
    wire, blocks = whole(kind)
    if "notify" not in blocks:
        return wire, blocks
    [one] = blocks["notify"]
    kinds: Mapping[Any, NoticeKind] = KINDS
    roles = [role for row, role in ROUTES if row is kinds[kind]]
    everybody = [one | {"ref": f"{each}-1", "role": each, "channels": CHANNELS} for each in roles]
    return wire, {**blocks, "notify": everybody}


@pytest.mark.parametrize("kind", book.pages)
def test_a_handler_takes_every_variant_of_its_event_and_every_notice_can_be_sent(kind: type[Event]) -> None:
    for what, event, blocks in readable(kind, told(kind)):
        desk = Desk(a_notice())
        page, cause = book.pages[kind], Cause(CAUSE, MONDAY, str(CASE), sealed={"notify": SEALED})
        assert list(page.needs(event, cause)) is not None
        try:
            page.handle(event, desk.work())
        except NothingToTell:
            assert not getattr(event, "notify", None), what
        send_all(desk, orjson.dumps(blocks.get("notify", [])))
        assert all(each.clear() is not None for each in desk.said()), what


def send_all(desk: Desk, opened: bytes) -> None:
    """Send whatever is owed now, as the sender does; each notice is kept and read back the same."""
    for notice in desk.notices():
        assert NOTICES.state(NOTICES.document(notice)) == notice
        if notice.due_at and (begun := begin_sending(notice.id, 1, opened, desk.work(notice.due_at), PATIENCE)):
            written = OFFICE.written(begun, opened)
            end_sending(notice.id, 1, Handover.TAKEN if written else Handover.REFUSED, desk.work(), PATIENCE)
            assert isinstance(desk.said()[-1], NotificationSent | NotificationFailed)
