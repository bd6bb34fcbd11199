"""Bounces: what a mail server sends back when it could not deliver (RFC 3464), read for whose notice that was."""

import re
from email import message_from_bytes
from email.message import EmailMessage, Message
from email.policy import default
from uuid import UUID

OURS = re.compile(r"<([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})@")
"""A Message-ID of ours begins with the notice's id."""
STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")
FAILED = "failed"


def bounce_in(message: bytes) -> tuple[UUID, str | None] | None:
    """Which notice came back, and why; nothing where the message says of none of ours that it failed for good."""
    parsed = message_from_bytes(message, policy=default)
    notice = next((found for part in parsed.walk() if (found := _original(part))), None)
    failures = [fields for part in parsed.walk() for fields in _recipients(part) if fields["action"] == FAILED]
    if notice is None or not failures:
        return None
    status = STATUS.match(failures[0]["status"])
    return notice, status[0] if status else None


def _original(part: Message | EmailMessage) -> UUID | None:
    """The notice whose mail, or whose headers, are enclosed."""
    if part.get_content_type() == "message/rfc822":
        text = "\n".join(str(inner.get("message-id", "")) for inner in part.get_payload() if isinstance(inner, Message))
    elif part.get_content_type() == "text/rfc822-headers":
        text = str(part.get_payload())
    else:
        return None
    found = OURS.search(text)
    return UUID(found[1]) if found else None


def _recipients(part: Message | EmailMessage) -> list[dict[str, str]]:
    """What is said of each recipient: action and status."""
    if part.get_content_type() != "message/delivery-status":
        return []
    blocks = [each for each in part.get_payload() if isinstance(each, Message)]
    said = [{name: str(each.get(name, "")).strip() for name in ("action", "status")} for each in blocks]
    return [{**each, "action": each["action"].lower()} for each in said if each["action"]]
