"""Numbers, addresses and languages as their own fields understand them: what can't be reached is told at the door."""

import langcodes
from email_validator import EmailNotValidError, validate_email

from shared.contracts.phones import METROPOLE, Line, read_phone
from shared.contracts.vocabulary import ContactChannel, NoticeChannel

BY_PHONE = frozenset({ContactChannel.PHONE, ContactChannel.SMS})


def email_address(value: str) -> str | None:
    """An address as RFC 5321 and 6531 write it, if it is one. No server is asked."""
    try:
        return validate_email(value, check_deliverability=False).normalized
    except EmailNotValidError:
        return None


def is_language(tag: str) -> bool:
    """Whether a tag names a language that the registry of BCP 47 knows."""
    return langcodes.tag_is_valid(tag)


def address_fault(channel: NoticeChannel, value: str) -> str | None:
    """Why nobody can be told by this address of a professional, and what to write instead; none where it is good.

    Web Push and webhooks are checked by those who call them: only they know what their addresses must be.
    """
    if channel is NoticeChannel.EMAIL and email_address(value) is None:
        return "an e-mail address is expected, such as iscg@example.org"
    if channel is NoticeChannel.SMS:
        phone = read_phone(value)
        if phone is None or phone.line is not Line.MOBILE or phone.e164 != value:
            return "a mobile number is expected, in international form such as +33612345678"
    return None


def normalised(channel: str, value: str, plan: str = METROPOLE) -> str:
    """A contact value in the one spelling by which it is told again; what has none, without its spaces.

    `plan` is the numbering plan in which a telephone number was written down.
    """
    if channel in BY_PHONE:
        phone = read_phone(value, plan)
        found = phone.e164 if phone else None
    else:
        found = email_address(value) if channel == ContactChannel.EMAIL else None
    return (found or "".join(value.split())).casefold()
