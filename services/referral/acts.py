"""What people do with a case, and what a new roster does: pure, like the handlers."""

from collections.abc import Collection
from uuid import UUID

from services.referral.domain import facts
from services.referral.domain.case import Case, CaseState, NoSuchCase
from services.referral.domain.directory import Directory
from services.referral.domain.rights import is_coordinated_by, is_held_by
from services.referral.domain.roster import calendar_of
from services.referral.handlers import say
from services.referral.store import (
    ANSWERS,
    CALENDARS,
    CASES,
    COORDINATORS,
    OPENINGS,
    PARTNERS,
    POSTS,
    POSTS_AT,
    Answer,
    Opening,
)
from shared.contracts.events import PersonalDataConsulted
from shared.contracts.vocabulary import OpenedPart
from shared.delivery.unit import Work


class KeyReused(Exception):
    """This idempotency key was used for another act."""


class StaleVersion(Exception):
    """The case has changed since it was read."""

    def __init__(self, state: CaseState) -> None:
        super().__init__(self.__doc__)
        self.state = state


def held_case(case_id: UUID, by: UUID, work: Work) -> Case:
    """The case, for the ISCG who holds it. Raises `NoSuchCase` for anybody else."""
    case = work.get(CASES, case_id)
    post = work.get(POSTS, case.post_id) if case and case.post_id else None
    if case is None or not is_held_by(case, post, by):
        raise NoSuchCase
    return case


def coordinated_case(case_id: UUID, by: UUID, work: Work) -> Case:
    """The case, for the coordinator of its département. Raises `NoSuchCase` for anybody else."""
    case = work.get(CASES, case_id)
    if case is None or not is_coordinated_by(case, work.get(COORDINATORS, case.departement), by):
        raise NoSuchCase
    return case


def accept(case_id: UUID, by: UUID, version: int, key: UUID, work: Work) -> Answer:
    """Take a case in charge; the same act under the same key is answered as the first time.

    Raises `NoSuchCase`, `KeyReused`, `StaleVersion`, `AlreadyAccepted`, `NothingToAccept`.
    """
    row, request = f"http {by} {key}", f"acceptance {case_id} {version}"
    answered = work.get(ANSWERS, row)
    if answered is None:
        answered = _accept(held_case(case_id, by, work), version, request, work)
        work.put(ANSWERS, row, answered)
    if answered.request != request:
        raise KeyReused
    return answered


def _accept(case: Case, version: int, request: str, work: Work) -> Answer:
    if work.version(CASES, case.id) != version:
        raise StaleVersion(case.state)
    accepted = case.accepted(work.cause.at)
    work.put(CASES, case.id, accepted)
    say(facts.accepted(accepted.assignments[-1]), case, work)
    if accepted.standing and case.standing is not accepted.standing:
        say(facts.standing_changed(case, accepted.standing), case, work)
    version, assignment_id = work.version(CASES, case.id), accepted.assignments[-1].id
    return Answer(subject=case.id, request=request, version=version, assignment_id=assignment_id)


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


def take_roster(directory: Directory, work: Work) -> None:
    """Keep a new roster. What it does not name stays as it is."""
    for post in directory.posts:
        work.put(POSTS, post.id, post)
    for coordinator in directory.coordinators:
        work.put(COORDINATORS, coordinator.departement, coordinator)
    for partner in directory.partners:
        work.put(PARTNERS, partner.id, partner)


def publish_presence(station: str, work: Work) -> None:
    """Tell a station who sits there in the days to come, if that is news."""
    posts = work.get(POSTS_AT, station) or ()
    coordinator = work.get(COORDINATORS, posts[0].departement) if posts else None
    calendar = calendar_of(station, posts, coordinator, work.cause.at)
    if calendar != work.get(CALENDARS, station):
        work.put(CALENDARS, station, calendar)
        work.say(facts.presence_published(calendar), station, of=(CALENDARS, station))
