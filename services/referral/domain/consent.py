"""Accord de la personne: what lets a partner be told of her."""

from datetime import date

from shared.contracts.person import Consent
from shared.contracts.report import CaseFile
from shared.contracts.vocabulary import ConsentAnswer, PartnerType, can_be_told


class ConsentMissing(Exception):
    """The person has not agreed to it, and no legal ground that fits was named."""


def with_consent(file: CaseFile, consent: Consent | None) -> CaseFile:
    """The file with what the person herself has told her ISCG since: it stands in place of what the station wrote."""
    if consent is None:
        return file
    persons = tuple(each.model_copy(update={"consent": consent}) if each.concerned else each for each in file.persons)
    return file.model_copy(update={"persons": persons})


def may_be_told(file: CaseFile, partner: PartnerType, on: date) -> bool:
    """Whether this kind of partner may be told: she agreed to it, or a legal ground lets it happen without her.

    `on` is the day where she is: an agreement holds to the end of its last day there.
    """
    return can_be_told(partner, file.legal_ground) or _has_agreed(_consent(file), partner, on)


def has_agreed_to_contact(file: CaseFile, on: date) -> bool:
    """Whether the person herself has agreed that her ISCG turns to her that day. No legal ground stands in for it."""
    consent = _consent(file)
    is_given = consent is not None and consent.contact_by_iscg is ConsentAnswer.GIVEN
    return is_given and _holds(consent, on)


def _consent(file: CaseFile) -> Consent | None:
    return next((person.consent for person in file.persons if person.concerned), None)


def _has_agreed(consent: Consent | None, partner: PartnerType, on: date) -> bool:
    is_given = consent is not None and consent.partners.get(partner) is ConsentAnswer.GIVEN
    return is_given and _holds(consent, on)


def _holds(consent: Consent | None, on: date) -> bool:
    return consent is not None and (consent.until is None or on <= consent.until)
