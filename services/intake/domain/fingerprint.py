"""Tells the same content again: a JWE is random, so a retry that seals again would look like another report."""

import hmac
from hashlib import sha256

from services.intake.domain.canonical import canonical
from shared.contracts.check import Report
from shared.contracts.events import WithdrawalSubmitted
from shared.contracts.phones import plan_of_zone
from shared.contracts.reachable import normalised
from shared.contracts.recognition import email_key, name_keys, phone_key
from shared.contracts.report import KnownBy


def fingerprint(key: bytes, said: Report | WithdrawalSubmitted) -> str:
    """HMAC-SHA-256 over the RFC 8785 form of the clear part, less `sealed`, and the opened content. Hex.

    Absent, null and default members mean the same to a station, and a member added to v1 later must not make an old
    report look new: so none of them is part of it. Equal times are equal, in whatever offset they were written.
    """
    if isinstance(said, Report):
        clear = said.clear.model_dump(mode="json", exclude={"sealed"}, exclude_defaults=True)
        parts = {"clear": clear, "content": said.content.model_dump(mode="json", exclude_defaults=True)}
    else:
        parts = {"withdrawal": said.model_dump(mode="json", exclude_defaults=True)}
    return hmac.digest(key, canonical(parts), sha256).hex()


def contact_mark(key: bytes, report: Report) -> str | None:
    """HMAC-SHA-256 over the contact of the person concerned, however it is written. Hex; none where there is none."""
    contact = report.content.concerned.contact
    if contact is None:
        return None
    return _digest(key, f"contact {normalised(contact.channel, contact.value, plan_of_zone(contact.zone))}")


def known_by(key: bytes, report: Report) -> KnownBy:
    """By what the person concerned is told again in other reports, of other stations too."""
    person = report.content.concerned
    phone, email = phone_key(person), email_key(person)
    return KnownBy(
        names=tuple(_digest(key, f"name {name}") for name in name_keys(person)),
        phone=_digest(key, f"phone {phone}") if phone else None,
        email=_digest(key, f"email {email}") if email else None,
    )


def _digest(key: bytes, text: str) -> str:
    return hmac.digest(key, text.encode(), sha256).hex()
