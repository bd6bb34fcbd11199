"""Writes the letter of a notice to an address that was opened for this, and is kept nowhere."""

from pydantic import TypeAdapter

from services.notification.domain.address import mail_address
from services.notification.domain.notice import Notice
from services.notification.domain.reference import reference
from services.notification.domain.templates import TEMPLATES, Words, marked_as_test, render
from shared.contracts.blocks import Recipient

RECIPIENTS = TypeAdapter(tuple[Recipient, ...])


def words_of(notice: Notice, link_base: str) -> Words:
    """What a notice says. Its link leads to the case behind `link_base`: partners have no door of their own yet."""
    template = TEMPLATES[notice.template, notice.template_version]
    link = f"{link_base}/v1/cases/{notice.case_id}"
    words = render(template, notice.language, reference(notice.case_id), notice.urgency, link)
    return marked_as_test(words, notice.language) if notice.test else words


def address_of(notice: Notice, opened: bytes) -> str | None:
    """Where a notice's recipient is mailed, in the opened list of an event's recipients."""
    recipients = (each for each in RECIPIENTS.validate_json(opened) if each.ref == notice.ref)
    return next(map(mail_address, recipients), None)
