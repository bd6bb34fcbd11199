"""Accord de la personne: what lets a partner be told of her."""

from datetime import datetime

from shared.contracts.person import Consent
from shared.contracts.report import CaseFile
from shared.contracts.vocabulary import ConsentAnswer, PartnerType, can_be_told


def with_consent(file: CaseFile, consent: Consent | None) -> CaseFile:
    """The file with what the person herself has told her ISCG since: it stands in place of what the station wrote."""
    if consent is None:
        return file
    persons = tuple(each.model_copy(update={"consent": consent}) if each.concerned else each for each in file.persons)
    return file.model_copy(update={"persons": persons})


def may_be_told(file: CaseFile, partner: PartnerType, at: datetime) -> bool:
    """Whether this kind of partner may be told: she agreed to it, or a legal ground lets it happen without her."""
    return can_be_told(partner, file.legal_ground) or _has_agreed(_consent(file), partner, at)


def _consent(file: CaseFile) -> Consent | None:
    return next((person.consent for person in file.persons if person.concerned), None)


def _has_agreed(consent: Consent | None, partner: PartnerType, at: datetime) -> bool:
    """An agreement holds to the end of its last day, in UTC."""
    if consent is None or consent.partners.get(partner) is not ConsentAnswer.GIVEN:
        return False
    return consent.until is None or at.date() <= consent.until
