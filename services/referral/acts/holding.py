"""What an ISCG does with the case that is hers to take: accept it, decline it, take it over for one who is away."""

from services.referral import clocks
from services.referral.acts.finding import covered_case, held_case
from services.referral.acts.once import Command, once
from services.referral.domain import facts
from services.referral.domain.assignment import Chosen
from services.referral.domain.case import Case, NoSuchCase
from services.referral.domain.terms import Terms
from services.referral.placing import candidates_for, leave, new_assignment, place, stop_waiting
from services.referral.saying import say
from services.referral.standing import tell_standing
from services.referral.store import Answer, post_of
from services.referral.telling import cover_of, owners_of
from services.referral.views import LOADS
from shared.contracts.report import CaseFile
from shared.contracts.vocabulary import DecidingRule, DeclineReason, MoveReason
from shared.delivery.unit import Work


def accept(command: Command, work: Work, terms: Terms) -> Answer:
    """Take a case in charge; its station learns that much.

    Raises `AlreadyAccepted`, `NothingToAccept`, `ForbiddenStep`.
    """

    def step(case: Case, work: Work) -> Case:
        accepted = case.accepted(work.cause.at)
        stop_waiting(case, work)
        _say_accepted(case, accepted, work)
        clocks.await_contact(accepted, work, terms)
        return accepted

    return once(command, held_case, step, work)


def decline(command: Command, reason: DeclineReason, file: CaseFile | None, work: Work, terms: Terms) -> Answer:
    """Not take a case: the next candidate gets it, or the coordinator. She is not asked again.

    Raises `NothingToAccept`, `ForbiddenStep`.
    """

    def step(case: Case, work: Work) -> Case:
        declined = case.declined(reason, work.cause.at)
        leave(case, work)
        say(facts.declined(declined.assignments[-1], reason), case, work)
        return place(declined, file, work, terms, MoveReason.DECLINED)

    return once(command, held_case, step, work)


def take_over(command: Command, file: CaseFile | None, work: Work, terms: Terms) -> Answer:
    """Take a case in charge for an ISCG who is away and for whom one covers. Raises `ForbiddenStep`."""

    def step(case: Case, work: Work) -> Case:
        post = post_of(case, work)
        cover = cover_of(post, case, work) if post else None
        if cover is None:
            raise NoSuchCase
        explanation = candidates_for(case, file, (cover,), work, terms).model_copy(update={"rule": DecidingRule.COVER})
        assignment = new_assignment(case, Chosen(cover, explanation), work, MoveReason.COVER)
        taken = case.taken_over(assignment)
        leave(case, work)
        work.put(LOADS, cover.id, (work.get(LOADS, cover.id) or 0) + 1)
        say(facts.assigned(case, assignment, cover, owners_of(case, work)), case, work)
        _say_accepted(case, taken, work)
        clocks.await_contact(taken, work, terms)
        return taken

    return once(command, covered_case, step, work)


def _say_accepted(before: Case, accepted: Case, work: Work) -> None:
    say(facts.accepted(accepted.assignments[-1]), accepted, work)
    tell_standing(before, accepted, work)
