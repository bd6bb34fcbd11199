"""Bounces: what a mail server sends back when it could not deliver, read for whose notice that was.

Most servers write reports that software reads (RFC 3464). Some write a text for people, with the headers of the mail
that failed; of such a text only a permanent SMTP reply beside a Message-ID of ours is taken as a failure.
"""

import re
from email import message_from_bytes, message_from_string
from email.message import Message
from uuid import UUID

OURS = re.compile(r"<([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})@")
"""A Message-ID of ours begins with the notice's id."""
STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")
ENHANCED = r"(?<![\d.])({}\.[0-7]\.\d{{1,3}})(?!\.?\d)"
"""An enhanced status of a class (RFC 3463), and neither an address nor a version that looks like one."""
PERMANENT = re.compile(rf"\b5[0-5]\d[ -](?:#?{ENHANCED.format(5)})?|{ENHANCED.format(5)}")
"""An SMTP reply (RFC 5321) or an enhanced status (RFC 3463) that no second attempt mends."""
TEMPORARY = re.compile(rf"\b4[0-5]\d[ -]|{ENHANCED.format(4)}")
FAILED = "failed"

Bounced = tuple[UUID, str | None]


class UnreadableBounce(Exception):
    """A mail server says that something failed, and not in a way that can be read: look at the mail yourself."""


def bounce_in(message: bytes) -> Bounced | None:
    """Which notice came back, and why; nothing where the message says of none of ours that it failed for good.

    Raises `UnreadableBounce` for what is a bounce and can't be understood.
    """
    try:
        return _read(message_from_bytes(message))
    except RecursionError:
        raise UnreadableBounce from None


def _read(parsed: Message) -> Bounced | None:
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
    notice, permanent, temporary = OURS.search(text), PERMANENT.search(text), TEMPORARY.search(text)
    if notice and permanent and not temporary:
        return UUID(notice[1]), permanent[1] or permanent[2]
    if temporary and not permanent:
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


def _original(part: Message) -> UUID | None:
    """The notice whose mail, or whose headers, are enclosed."""
    is_whole = part.get_content_type() == "message/rfc822"
    mails = part.get_payload() if is_whole else [message_from_string(_text(part))]
    found = OURS.search("\n".join(str(mail.get("message-id", "")) for mail in mails if isinstance(mail, Message)))
    return UUID(found[1]) if found else None


def _recipients(part: Message) -> list[dict[str, str]]:
    """What is said of each recipient: action and status."""
    if part.get_content_type() != "message/delivery-status":
        return []
    blocks = [each for each in part.get_payload() if isinstance(each, Message)]
    said = [{name: str(each.get(name, "")).strip() for name in ("action", "status")} for each in blocks]
    return [{**each, "action": each["action"].lower()} for each in said if each["action"]]
