"""Consultation: that somebody looks at the person of a case, and why."""

from collections.abc import Callable, Collection
from contextlib import suppress
from datetime import datetime, timedelta
from uuid import UUID

from services.referral.acts.finding import covered_case, fills_post, held_case
from services.referral.domain import facts
from services.referral.domain.case import Case, NoSuchCase
from services.referral.domain.emergencies import OPEN_FOR, Emergencies, NoPost
from services.referral.saying import say
from services.referral.store import CASES, EMERGENCIES, OPENINGS, NoOpening, Opening, known_case
from services.referral.telling import holders_to_tell, owners_at
from shared.contracts.events import PersonalDataConsulted
from shared.contracts.rights import Right, purpose_of
from shared.contracts.vocabulary import EscalationLevel, OpenedPart, Purpose
from shared.delivery.unit import Work

OPENING_LASTS = timedelta(minutes=30)
"""Ours: as long as somebody works on what she has read."""

FindCase = Callable[[Work], tuple[Case, Right]]
"""The case, and by which right somebody may look at its person; it raises for anybody else."""


def note_opening(opening: Opening, find: FindCase, parts: Collection[str], work: Work) -> None:
    """Put on the log that somebody who may looks at the person of a case, and why. Raises what `find` does.

    The right that is used now decides the purpose.
    """
    case, right = find(work)
    opened, until = tuple(OpenedPart(part) for part in parts), lasts_until(work.cause.at)
    why = {"purpose": purpose_of(right, opening.purpose)}
    opening = opening.model_copy(update={**why, "opened": opened, "until": until})
    work.put(OPENINGS, opening.id, opening)
    event = PersonalDataConsulted(
        opening_id=opening.id,
        case_id=case.id,
        purpose=opening.purpose,
        opened=opened,
        until=until,
    )
    say(event, case, work)


def lasts_until(at: datetime) -> datetime:
    """When an opening of that moment is over."""
    return at + OPENING_LASTS


def check_opened(opening_id: UUID, case_id: UUID, by: UUID, work: Work) -> None:
    """Check that somebody has opened the file of a case lately: what follows from it is shown. Raises `NoOpening`."""
    opening = work.get(OPENINGS, opening_id)
    if opening is None:
        raise NoOpening
    opening.check_open(case_id, by, work.cause.at)


def opened_case(case_id: UUID, by: UUID, work: Work) -> tuple[Case, Right]:
    """The case, for whoever holds or covers it, or has broken the glass and still fills a post.

    Raises `NoSuchCase` for anybody else.
    """
    for right, find in ((Right.COVERS, covered_case), (Right.HOLDS, held_case)):
        with suppress(NoSuchCase):
            return find(case_id, by, work), right
    case = known_case(case_id, work)
    if not case.is_broken_by(by, work.cause.at) or not fills_post(by, work):
        raise NoSuchCase
    return case, Right.BREAKS_GLASS


def emergency_case(case_id: UUID, by: UUID, work: Work) -> Case:
    """The case, for an ISCG who fills a post today. Raises `NoPost`, `NoSuchCase`."""
    if not fills_post(by, work):
        raise NoPost
    return known_case(case_id, work)


def note_counting(work: Work) -> None:
    """Put on the log that the files of a year are opened by machine, to be counted."""
    opened, id_ = (OpenedPart.FILE,), work.cause.id
    work.say(PersonalDataConsulted(opening_id=id_, purpose=Purpose.STATISTICS, opened=opened), id_)


def break_glass(opening: Opening, most: int, work: Work) -> datetime:
    """Let an ISCG who neither holds nor covers a case look at its person for three hours; its holder is told.

    Nothing is shown by it: each look is one of its own. `most` is how many she may take in 24 hours. Returns until
    when. Raises `NoPost`, `NoSuchCase`, `ForbiddenStep`, `TooManyEmergencies`.
    """
    case, at = emergency_case(opening.case_id, opening.by, work), work.cause.at
    until = at + OPEN_FOR
    broken = case.broken(opening.by, until)
    emergencies = work.get(EMERGENCIES, opening.by) or Emergencies()
    work.put(EMERGENCIES, opening.by, emergencies.taken(at, most))
    work.put(CASES, case.id, broken)
    work.put(OPENINGS, opening.id, opening)
    coordinator = (each.told_as_owner() for each in owners_at(EscalationLevel.COORDINATOR, case, work))
    say(facts.glass_broken(broken, opening.id, until, (*holders_to_tell(case, work), *coordinator)), broken, work)
    return until
