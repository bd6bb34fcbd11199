"""Suivi: how an ISCG tries to reach the person, what she holds with her, and what must be answered before the end."""

from datetime import date
from uuid import UUID

from shared.contracts.ages import MAJORITY, MINORS, age_on
from shared.contracts.blocks import Closure
from shared.contracts.fields import Block
from shared.contracts.forms import UtcTime
from shared.contracts.person import PersonOnFile
from shared.contracts.report import CaseFile
from shared.contracts.vocabulary import (
    AttemptOutcome,
    Category,
    ContactChannel,
    CripAnswer,
    DurationBand,
    InterviewPlace,
    LegalGround,
    Need,
)


class ContactAttempt(Block):
    """Tentative de contact: when, by which channel, and what came of it. Never to which number."""

    id: UUID
    at: UtcTime
    channel: ContactChannel
    outcome: AttemptOutcome


class Interview(Block):
    """Entretien: when, where, how long."""

    id: UUID
    at: UtcTime
    place: InterviewPlace
    duration: DurationBand


class CripUnanswered(Exception):
    """Minors are concerned: whether the CRIP must be told is to be answered before the case is closed."""


class ReasonMissing(Exception):
    """Minors are concerned and the CRIP is not told: why not is to be said."""


class NoCripListed(Exception):
    """The CRIP is to be told, and the département's directory has none."""


def concerns_minors(file: CaseFile | None, on: date) -> bool:
    """Whether anything in a file says that a minor is concerned: a person, children counted, category, ground, need.

    Where the file can't be read any more nothing is taken for granted.
    """
    if file is None:
        return True
    told = file.minors is not None and (file.minors.count > 0 or bool(file.minors.age_bands))
    coded = Category.MINOR_IN_DANGER in file.categories or file.legal_ground is LegalGround.MINOR_IN_DANGER
    return told or coded or any(_is_about_minor(person, on) for person in file.persons)


def _is_about_minor(person: PersonOnFile, on: date) -> bool:
    is_young = person.birth_date is not None and age_on(person.birth_date, on) < MAJORITY
    return is_young or person.age_band in MINORS or Need.CHILDREN in person.needs


def check_closure(closure: Closure, file: CaseFile | None, on: date) -> None:
    """A case in which minors are concerned is closed only once it is said whether the CRIP is told.

    `on` is the day on which its report came: whoever was a minor then, is meant. Raises `CripUnanswered`,
    `ReasonMissing`.
    """
    if closure.crip is CripAnswer.NO_MINORS and concerns_minors(file, on):
        raise CripUnanswered
    if closure.crip is CripAnswer.NOT_NEEDED and not closure.crip_reason:
        raise ReasonMissing
