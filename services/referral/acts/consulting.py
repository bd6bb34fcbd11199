"""Consultation: that somebody looks at the person of a case, and why."""

from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from uuid import UUID

from services.referral.acts.finding import held_case
from services.referral.domain import facts
from services.referral.domain.case import Case
from services.referral.saying import say
from services.referral.store import CASES, OPENINGS, Opening, known_case
from services.referral.telling import holders_to_tell, owners_at
from shared.contracts.events import PersonalDataConsulted
from shared.contracts.vocabulary import EscalationLevel, OpenedPart, Purpose
from shared.delivery.unit import Work

BROKEN_FOR = timedelta(hours=3)


FindCase = Callable[[Work], Case]
"""The case, for somebody who may look at its person; it raises for anybody else."""


def note_opening(opening: Opening, find: FindCase, parts: Collection[str], work: Work) -> None:
    """Put on the log that somebody who may looks at the person of a case, and why. Raises what `find` does."""
    case = find(work)
    work.put(OPENINGS, opening.id, opening)
    event = PersonalDataConsulted(
        opening_id=opening.id,
        case_id=case.id,
        purpose=opening.purpose,
        opened=tuple(OpenedPart(part) for part in parts),
    )
    say(event, case, work)


def opened_case(case_id: UUID, by: UUID, work: Work) -> Case:
    """The case, for whoever holds or covers it, or has broken the glass. Raises `NoSuchCase` for anybody else."""
    case = work.get(CASES, case_id)
    if case and case.is_broken_by(by, work.cause.at):
        return case
    return held_case(case_id, by, work)


def note_counting(work: Work) -> None:
    """Put on the log that the files of a year are opened by machine, to be counted."""
    opened, id_ = (OpenedPart.FILE,), work.cause.id
    work.say(PersonalDataConsulted(opening_id=id_, purpose=Purpose.STATISTICS, opened=opened), id_)


def break_glass(opening: Opening, work: Work) -> datetime:
    """Let somebody who neither holds nor covers a case look at its person for three hours; its holder is told.

    Nothing is shown by it: each look is one of its own. Returns until when. Raises `NoSuchCase`, `ForbiddenStep`.
    """
    case = known_case(opening.case_id, work)
    until = work.cause.at + BROKEN_FOR
    broken = case.broken(opening.by, until)
    work.put(CASES, case.id, broken)
    work.put(OPENINGS, opening.id, opening)
    coordinator = (each.told_as_owner() for each in owners_at(EscalationLevel.COORDINATOR, case, work))
    say(facts.glass_broken(broken, opening.id, until, (*holders_to_tell(case, work), *coordinator)), broken, work)
    return until
