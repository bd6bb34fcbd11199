"""What must hold of a person's contact and consent: that she can be reached by it, and without danger."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from shared.contracts.phones import Line, plan_of_zone, read_phone
from shared.contracts.reachable import BY_PHONE, email_address, is_language
from shared.contracts.vocabulary import ContactChannel, FaultCode

Json = Mapping[str, Any]
Found = Iterator[tuple[str, FaultCode]]


def contact_rules(pointer: str, contact: Json, taken_on: date | None) -> Found:
    """What is wrong with a safe contact, on the day on which the report was taken."""
    yield from _hours(pointer, contact)
    yield from _value(f"{pointer}/value", contact.get("channel"), contact.get("value"), contact.get("zone"))
    if contact.get("channel") == ContactChannel.PHONE and contact.get("never_call") is True:
        yield f"{pointer}/channel", FaultCode.NO_SAFE_CHANNEL
    yield from _expired(f"{pointer}/valid_until", contact.get("valid_until"), taken_on)


def consent_rules(pointer: str, consent: Json, taken_on: date | None) -> Found:
    """What is wrong with what the person agreed to, on that day."""
    if consent.get("contact_by_iscg") == "not-asked" and consent.get("why") is None:
        yield f"{pointer}/why", FaultCode.WHY_REQUIRED
    yield from _expired(f"{pointer}/until", consent.get("until"), taken_on)


def language_rules(pointer: str, languages: list[Any]) -> Found:
    """Which of the languages that a person speaks are none. How a tag is written, its own type tells."""
    for n, tag in enumerate(languages):
        if isinstance(tag, str) and tag.isascii() and tag[:2].islower() and not is_language(tag):
            yield f"{pointer}/{n}", FaultCode.NOT_A_LANGUAGE


def _value(pointer: str, channel: object, value: object, zone: object) -> Found:
    if not isinstance(value, str) or not isinstance(channel, str):
        return
    if channel in BY_PHONE:
        phone = read_phone(value, plan_of_zone(zone))
        if phone is None:
            yield pointer, FaultCode.NOT_A_PHONE_NUMBER
        elif channel == ContactChannel.SMS and phone.line is Line.OTHER:
            yield pointer, FaultCode.NOT_A_MOBILE
    if channel == ContactChannel.EMAIL and email_address(value) is None:
        yield pointer, FaultCode.NOT_AN_EMAIL


def _hours(pointer: str, contact: Json) -> Found:
    for one, other in (("from", "to"), ("to", "from")):
        if contact.get(one) is None and contact.get(other) is not None:
            yield f"{pointer}/{one}", FaultCode.HOURS_INCOMPLETE


def _expired(pointer: str, last: object, taken_on: date | None) -> Found:
    try:
        until = date.fromisoformat(last) if isinstance(last, str) else None
    except ValueError:
        return
    if until and taken_on and until < taken_on:
        yield pointer, FaultCode.EXPIRED
