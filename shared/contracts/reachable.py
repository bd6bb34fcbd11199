"""Numbers, addresses and languages as their own fields understand them: what can't be reached is told at the door."""

import langcodes
import phonenumbers
from email_validator import EmailNotValidError, validate_email

from shared.contracts.vocabulary import ContactChannel

FRANCE = "FR"
BY_PHONE = frozenset({ContactChannel.PHONE, ContactChannel.SMS})


def phone_number(value: str) -> str | None:
    """A number in E.164, if there can be such a number. Without a country it is read as dialled in France.

    Whether it is in use is not asked: a range that is newer than our tables must not cost anybody a report.
    """
    try:
        number = phonenumbers.parse(value, FRANCE)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def email_address(value: str) -> str | None:
    """An address as RFC 5321 and 6531 write it, if it is one. No server is asked."""
    try:
        return validate_email(value, check_deliverability=False).normalized
    except EmailNotValidError:
        return None


def is_language(tag: str) -> bool:
    """Whether a tag names a language that the registry of BCP 47 knows."""
    return langcodes.tag_is_valid(tag)


def normalised(channel: str, value: str) -> str:
    """A contact value in the one spelling by which it is told again; what has none, without its spaces."""
    if channel in BY_PHONE:
        found = phone_number(value)
    else:
        found = email_address(value) if channel == ContactChannel.EMAIL else None
    return (found or "".join(value.split())).casefold()
