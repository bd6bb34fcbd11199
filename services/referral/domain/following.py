"""Suivi: how an ISCG tries to reach the person, what she holds with her, and what must be answered before the end."""

from uuid import UUID

from shared.contracts.blocks import Closure
from shared.contracts.fields import Block
from shared.contracts.forms import UtcTime
from shared.contracts.report import CaseFile
from shared.contracts.vocabulary import AttemptOutcome, ContactChannel, CripAnswer, DurationBand, InterviewPlace


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


def check_closure(closure: Closure, file: CaseFile | None) -> None:
    """A case in which minors are concerned is closed only once it is said whether the CRIP is told.

    Where the file can't be read any more nothing is taken for granted: the same is asked.
    Raises `CripUnanswered`, `ReasonMissing`.
    """
    concerns_minors = file is None or (file.minors is not None and file.minors.count > 0)
    if concerns_minors and closure.crip is CripAnswer.NO_MINORS:
        raise CripUnanswered
    if closure.crip is CripAnswer.NOT_NEEDED and not closure.crip_reason:
        raise ReasonMissing
