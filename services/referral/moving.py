"""Moves what nobody has accepted away from whoever is not there any more before it must be accepted."""

from datetime import timedelta
from functools import partial
from uuid import UUID
from zoneinfo import ZoneInfo

from services.referral import clocks
from services.referral.domain.case import Case
from services.referral.domain.states import CaseState
from services.referral.domain.terms import Terms
from services.referral.files import read_file
from services.referral.placing import leave, place
from services.referral.store import CASES, POSTS, around_case
from shared.contracts.report import CaseFile
from shared.contracts.vocabulary import DeadlineKind, MoveReason
from shared.delivery.cause import new_cause
from shared.delivery.delivery import Delivery
from shared.delivery.periodic import for_each
from shared.delivery.unit import Work

AHEAD, A_DAY = timedelta(days=30), timedelta(days=1)


async def move_cases(delivery: Delivery, terms: Terms) -> None:
    """Look at every post whose ISCG is or will be away, and at those that exist no more or are vacant.

    Raises `ItemsFailed`: then all cases but some have been looked at.
    """
    # A day more on both sides, for it is another day elsewhere; each case is then looked at where it is.
    now = delivery.clock.now()
    today, soon = ((now + each).date().isoformat() for each in (-A_DAY, AHEAD + A_DAY))
    away = {"absences": {"$elemMatch": {"first_day": {"$lte": soon}, "last_day": {"$gte": today}}}}
    gone = [{"until": {"$lte": (now + A_DAY).date().isoformat()}}, {"iscg": {"$exists": False}}]
    posts = await delivery.database[POSTS.name].distinct("_id", {"$or": [away, *gone]})
    await for_each(posts, partial(move_cases_of, delivery, terms), "reassign-absent")


async def move_cases_of(delivery: Delivery, terms: Terms, post_id: str) -> None:
    """Give each case of a post that nobody has accepted to others, if its ISCG is not there in time any more."""
    waiting = {"post_id": post_id, "state": CaseState.ASSIGNED}
    cases = await delivery.database[CASES.name].distinct("_id", waiting)
    await for_each(map(UUID, cases), partial(_move_case, delivery, terms, post_id), "reassign-absent", "case_id")


async def _move_case(delivery: Delivery, terms: Terms, post_id: str, case_id: UUID) -> None:
    about = around_case(str(case_id))
    with delivery.tracing.hop("run", "move-cases", case_id=case_id):
        # Nothing is opened of a case that stays.
        if await delivery.perform(new_cause(delivery, case_id), partial(is_to_move, case_id, post_id), about):
            file = await read_file(delivery, case_id)
            move = partial(move_if_away, case_id, post_id, file, terms=terms)
            await delivery.perform(new_cause(delivery, case_id), move, about)


def is_to_move(case_id: UUID, post_id: str, work: Work) -> bool:
    """Whether this post holds a case that nobody has accepted, and its ISCG will not be there in time."""
    case = work.get(CASES, case_id)
    is_waiting = case is not None and case.state is CaseState.ASSIGNED and case.post_id == post_id
    return case is not None and is_waiting and not _will_be_there(case, work)


def move_if_away(case_id: UUID, post_id: str, file: CaseFile | None, work: Work, terms: Terms) -> None:
    """Place a case again whose ISCG will not be there before it must be accepted; the history stays."""
    case = work.get(CASES, case_id)
    if case is None or not is_to_move(case_id, post_id, work):
        return
    leave(case, work)
    work.put(CASES, case_id, place(case.left(), file, work, terms, MoveReason.ABSENCE))


def _will_be_there(case: Case, work: Work) -> bool:
    """Whether its ISCG is at work on any day before the case must be accepted."""
    post = work.get(POSTS, case.post_id)
    until = clocks.runs_until(case.id, DeadlineKind.TO_BE_ACCEPTED, len(case.assignments), work)
    zone = ZoneInfo(case.zone)
    day, last = (at.astimezone(zone).date() for at in (work.cause.at, until or work.cause.at))
    days = (day + timedelta(days=n) for n in range(max((last - day).days, 0) + 1))
    return post is not None and any(post.is_at_work_on(each) for each in days)
