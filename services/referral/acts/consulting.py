"""Consultation: that somebody looks at the person of a case, and why."""

from collections.abc import Collection

from services.referral.acts.finding import held_case
from services.referral.saying import say
from services.referral.store import OPENINGS, Opening
from shared.contracts.events import PersonalDataConsulted
from shared.contracts.vocabulary import OpenedPart
from shared.delivery.unit import Work


def note_opening(opening: Opening, parts: Collection[str], work: Work) -> None:
    """Put on the log that the ISCG who holds a case looks at its person, and why. Raises `NoSuchCase`."""
    case = held_case(opening.case_id, opening.by, work)
    work.put(OPENINGS, opening.id, opening)
    event = PersonalDataConsulted(
        opening_id=opening.id,
        case_id=case.id,
        purpose=opening.purpose,
        opened=tuple(OpenedPart(part) for part in parts),
    )
    say(event, case, work)
