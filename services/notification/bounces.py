"""Bounces: what a mail server sends back when it could not deliver, read for whose notice that was.

Most servers write reports that software reads (RFC 3464). Some write a text for people, with the headers of the mail
that failed; of such a text only a permanent SMTP reply beside a Message-ID of ours is taken as a failure.
"""

import re
from email import message_from_bytes
from email.message import EmailMessage, Message
from email.policy import default
from uuid import UUID

OURS = re.compile(r"<([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})@")
"""A Message-ID of ours begins with the notice's id."""
STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")
PERMANENT = re.compile(r"\b5\d\d[ -](?:#?(5\.\d{1,3}\.\d{1,3})\b)?|\b(5\.\d{1,3}\.\d{1,3})\b")
"""An SMTP reply (RFC 5321) or an enhanced status (RFC 3463) that no second attempt mends."""
TEMPORARY = re.compile(r"\b4\d\d[ -]|\b4\.\d{1,3}\.\d{1,3}\b")
FAILED = "failed"

Bounced = tuple[UUID, str | None]


class UnreadableBounce(Exception):
    """A mail server says that something failed, and not in a way that can be read: look at the mail yourself."""


def bounce_in(message: bytes) -> Bounced | None:
    """Which notice came back, and why; nothing where the message says of none of ours that it failed for good.

    Raises `UnreadableBounce` for what is a bounce and can't be understood.
    """
    parsed = message_from_bytes(message, policy=default)
    reports = [fields for part in parsed.walk() for fields in _recipients(part)]
    enclosed = [part for part in parsed.walk() if part.get_content_type() in ("message/rfc822", "text/rfc822-headers")]
    if reports and enclosed:
        return _reported(next((found for part in enclosed if (found := _original(part))), None), reports)
    return _told_in_words(parsed) if _is_from_a_server(parsed) else None


def _reported(notice: UUID | None, reports: list[dict[str, str]]) -> Bounced | None:
    failures = [fields for fields in reports if fields["action"] == FAILED]
    if notice is None or not failures:
        return None
    status = STATUS.match(failures[0]["status"])
    return notice, status[0] if status else None


def _told_in_words(parsed: Message) -> Bounced | None:
    text = "\n".join(_text(part) for part in parsed.walk() if part.get_content_maintype() == "text")
    notice, permanent = OURS.search(text), PERMANENT.search(text)
    if notice and permanent:
        return UUID(notice[1]), permanent[1] or permanent[2]
    if TEMPORARY.search(text) and not permanent:
        return None
    raise UnreadableBounce


def _is_from_a_server(parsed: Message) -> bool:
    """Whether no person wrote it. A bounce has no sender (RFC 5321, 4.5.5), unlike the answer of one who is away."""
    sender = str(parsed.get("return-path", "")).strip()
    author = str(parsed.get("from", "")).casefold()
    return sender == "<>" or "mailer-daemon" in author or "postmaster" in author


def _text(part: Message) -> str:
    payload = part.get_payload(decode=True)
    return payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""


def _original(part: Message | EmailMessage) -> UUID | None:
    """The notice whose mail, or whose headers, are enclosed."""
    if part.get_content_type() == "message/rfc822":
        text = "\n".join(str(inner.get("message-id", "")) for inner in part.get_payload() if isinstance(inner, Message))
    else:
        text = str(part.get_payload())
    found = OURS.search(text)
    return UUID(found[1]) if found else None


def _recipients(part: Message | EmailMessage) -> list[dict[str, str]]:
    """What is said of each recipient: action and status."""
    if part.get_content_type() != "message/delivery-status":
        return []
    blocks = [each for each in part.get_payload() if isinstance(each, Message)]
    said = [{name: str(each.get(name, "")).strip() for name in ("action", "status")} for each in blocks]
    return [{**each, "action": each["action"].lower()} for each in said if each["action"]]
