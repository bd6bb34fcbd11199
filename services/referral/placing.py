"""Attribution: a case gets to the ISCG whom the rules choose, and where they choose nobody, to whoever owns it then."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from services.referral import clocks
from services.referral.domain import facts
from services.referral.domain.assignment import Assignment, Chosen, Nobody, Wanted, candidates_among, choose
from services.referral.domain.case import Case, Escalation
from services.referral.domain.posts import Post
from services.referral.domain.terms import Terms
from services.referral.saying import say
from services.referral.store import MARKS, Marks, linked_cases
from services.referral.telling import neighbours_of, owners_at, owners_of, owners_to_tell
from services.referral.views import KNOWN, LOADS, NONE, OF_THE_EVENT, POSTS_AT, Holding, Marked, holding_of, names_of
from shared.contracts.blocks import Explanation
from shared.contracts.report import CaseFile
from shared.contracts.vocabulary import DeadlineKind, DecidingRule, EscalationLevel, EscalationReason, MoveReason
from shared.delivery.unit import Work

RECENT = timedelta(days=365)
"""Ours: whoever followed a person within a year knows her still."""
LEVELS = tuple(EscalationLevel)


def place(case: Case, file: CaseFile | None, work: Work, terms: Terms, because: MoveReason | None = None) -> Case:
    """Give the case to the post that the rules choose; where there is none, to the coordinator.

    The first time counts from when the report was received, later ones from now.
    """
    since = work.cause.at if case.assignments else case.received_at
    accept_by = clocks.due_at(case, DeadlineKind.TO_BE_ACCEPTED, since, work, terms)
    at_station = work.get(POSTS_AT, case.station) or ()
    # Whatever the roster says: nobody of elsewhere gets a case unless the coordinator here has agreed.
    posts = tuple(post for post in at_station if post.may_sit_at(case.station, case.departement))
    found = choose(_wanted(case, file, since, accept_by, work), posts, _loads(posts, work))
    if isinstance(found, Nobody):
        nobody = Escalation(reason=EscalationReason.NOBODY, escalated_at=work.cause.at, candidates=found.candidates)
        return escalate(case, nobody, work, terms)
    return _assign(case, found, accept_by, work, because)


def candidates_for(case: Case, file: CaseFile | None, posts: Iterable[Post], work: Work, terms: Terms) -> Explanation:
    """What each of these posts would bring, where a person chooses and not the rules."""
    accept_by = clocks.due_at(case, DeadlineKind.TO_BE_ACCEPTED, work.cause.at, work, terms)
    wanted, among = _wanted(case, file, work.cause.at, accept_by, work), tuple(posts)
    candidates = candidates_among(wanted, among, _loads(among, work))
    return Explanation(candidates=candidates, rule=DecidingRule.COORDINATOR)


def assign(case: Case, chosen: Chosen, work: Work, terms: Terms, because: MoveReason) -> Case:
    """Give the case to a post that somebody has chosen."""
    accept_by = clocks.due_at(case, DeadlineKind.TO_BE_ACCEPTED, work.cause.at, work, terms)
    return _assign(case, chosen, accept_by, work, because)


def new_assignment(case: Case, chosen: Chosen, work: Work, because: MoveReason | None) -> Assignment:
    """The case goes to whoever fills the post."""
    iscg = chosen.post.iscg
    if iscg is None:
        raise ValueError("a vacant post is never chosen")
    return Assignment(
        id=uuid5(work.cause.id, f"referral/assignment/{case.id}"),
        post_id=chosen.post.id,
        iscg_id=iscg.id,
        assigned_at=work.cause.at,
        explanation=chosen.explanation,
        because=because,
    )


def stop_waiting(case: Case, work: Work) -> None:
    """Nobody waits any more for an answer to the last assignment, nor to the last escalation."""
    if case.assignments:
        clocks.end(case.id, DeadlineKind.TO_BE_ACCEPTED, len(case.assignments), work)
    if case.escalations:
        clocks.end(case.id, DeadlineKind.TO_BE_PLACED, len(case.escalations), work)


def leave(case: Case, work: Work) -> None:
    """The post that holds the case holds it no more, and nobody waits for its answer."""
    stop_waiting(case, work)
    if case.post_id:
        work.put(LOADS, case.post_id, (work.get(LOADS, case.post_id) or 1) - 1)


def escalate(case: Case, escalation: Escalation, work: Work, terms: Terms, *, late: bool = False) -> Case:
    """Take the case up: to the level that is named, or where nobody is there to the next one that has somebody.

    `late`: it should have gone up long ago, as after an outage.
    """
    level = next((each for each in LEVELS[LEVELS.index(escalation.level) :] if owners_at(each, case, work)), LEVELS[-1])
    case = case.escalated(escalation.model_copy(update={"level": level}))
    if level is EscalationLevel.NEIGHBOURS:
        case = case.opened_to(neighbours_of(case.departement, work))
    told = owners_to_tell(owners_at(level, case, work), case.urgency)
    say(facts.escalated(case, case.escalations[-1], told, late=late), case, work)
    now = work.cause.at
    place_by = clocks.due_at(case, DeadlineKind.TO_BE_PLACED, now, work, terms)
    clocks.begin(case, DeadlineKind.TO_BE_PLACED, len(case.escalations), now, place_by, work=work)
    return case


def keep_marks(case_id: UUID, file: CaseFile | None, work: Work) -> None:
    """Keep by what the person is told again: only by her names with her day of birth. A telephone may be shared."""
    if names := names_of(file):
        work.put(MARKS, case_id, Marks(marks=names))


def _assign(case: Case, chosen: Chosen, accept_by: datetime, work: Work, because: MoveReason | None) -> Case:
    assignment, n = new_assignment(case, chosen, work, because), len(case.assignments) + 1
    assigned = case.assigned(assignment)
    leave(case, work)
    say(facts.assigned(case, assignment, chosen.post, owners_of(case, work)), case, work)
    clocks.begin(case, DeadlineKind.TO_BE_ACCEPTED, n, work.cause.at, accept_by, work=work)
    work.put(LOADS, chosen.post.id, (work.get(LOADS, chosen.post.id) or 0) + 1)
    return assigned


def _wanted(case: Case, file: CaseFile | None, after: datetime, until: datetime, work: Work) -> Wanted:
    concerned = [person for person in file.persons if person.concerned] if file else []
    about = [case.report_id, *case.related_to]
    recognised = (each for name in names_of(file) for each in (work.get(KNOWN, name) or Marked()).holdings)
    return Wanted(
        station=case.station,
        after=after,
        until=until,
        languages=[language for person in concerned for language in person.languages],
        knowing=_holders(case, (*recognised, *_of_linked(case, work)), after),
        opposite=_holders(case, (each for id_ in about for each in work.get(OF_THE_EVENT, id_) or NONE), after),
        declined=case.has_declined,
    )


def _of_linked(case: Case, work: Work) -> Iterable[Holding]:
    """Who holds or held the cases that somebody has told to be of the same person."""
    return [holding_of(each) for each in linked_cases(case, work) if each.assignments]


def _holders(case: Case, holdings: Iterable[Holding], now: datetime) -> frozenset[str]:
    others = (each for each in holdings if each.report_id != str(case.report_id))
    return frozenset(each.iscg_id for each in others if each.is_recent(now - RECENT))


def _loads(posts: Iterable[Post], work: Work) -> dict[str, int]:
    return {post.id: work.get(LOADS, post.id) or 0 for post in posts}
