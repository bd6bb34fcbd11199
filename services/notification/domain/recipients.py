"""Whom an event names, as the block says that was opened to send a notice."""

from pydantic import TypeAdapter

from services.notification.domain.notice import Notice
from shared.contracts.blocks import Recipient

RECIPIENTS = TypeAdapter(tuple[Recipient, ...])


def recipient_of(notice: Notice, opened: bytes) -> Recipient | None:
    """The recipient of a notice, among those whom its event names."""
    return next((each for each in RECIPIENTS.validate_json(opened) if each.ref == notice.ref), None)
