"""Avis à la personne: whether she may be written to at all, and by which way. When, notification sees to."""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from pydantic import Field, StrictInt

from shared.contracts.blocks import Channel, Recipient, SafeHours
from shared.contracts.fields import Block
from shared.contracts.forms import UtcTime
from shared.contracts.person import SafeContact
from shared.contracts.phones import Line, plan_of_zone, read_phone
from shared.contracts.reachable import email_address
from shared.contracts.report import CaseFile, Contact
from shared.contracts.vocabulary import ConsentHow, ContactChannel, NoticeChannel, PersonWords, RecipientRole

HER_REF = "person"
"""By this alone the log knows to whom it went: never by a name, an address or a number."""
LATEST = timedelta(days=14)


class NoWayToWrite(Exception):
    """There is no safe contact to which one may write: she is called, or met."""


class WritingStopped(Exception):
    """She wants nothing written any more. A new consent to contact lifts that."""


class NotSoLate(Exception):
    """A message waits for two weeks at most."""


class PersonMessage(Block):
    """What an ISCG asks to be written to the person, who has agreed to it, and when.

    It leaves in her safe hours, not before `not_before`, and is worth something for `valid_for` minutes from then on.
    """

    words: PersonWords
    agreed: ConsentHow
    not_before: UtcTime | None = None
    valid_for: Annotated[StrictInt, Field(ge=1, le=120)] = 120


class Silence(Block):
    """Arrêt des contacts: since when nothing is to be written to her, and since when nothing more can leave."""

    id: UUID
    asked_at: UtcTime
    stopped_at: UtcTime | None = None


def person_to_tell(file: CaseFile, contact: Contact) -> Recipient:
    """How the person may be written to. Raises `NoWayToWrite`."""
    safe = contact.safe_contact
    way = _way(safe) if safe else None
    if safe is None or way is None:
        raise NoWayToWrite
    hours = SafeHours(days=safe.days, from_=safe.from_, to=safe.to, zone=safe.zone, valid_until=safe.valid_until)
    languages = next((person.languages for person in file.persons if person.concerned), ())
    language = languages[0] if languages else "fr"
    return Recipient(ref=HER_REF, role=RecipientRole.PERSON, channels=(way,), language=language, safe=hours)


def _way(safe: SafeContact) -> Channel | None:
    """A number that is to be called is no way: whoever picks up may not be the person."""
    match safe.channel:
        case ContactChannel.SMS:
            phone = read_phone(safe.value, plan_of_zone(safe.zone))
            # In an unknown range it may be a slip of the pen, and somebody else's number.
            is_mobile = phone is not None and phone.line is Line.MOBILE
            return Channel(channel=NoticeChannel.SMS, value=phone.e164) if phone and is_mobile else None
        case ContactChannel.EMAIL:
            address = email_address(safe.value)
            return Channel(channel=NoticeChannel.EMAIL, value=address) if address else None
    return None
