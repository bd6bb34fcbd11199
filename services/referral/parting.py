"""Séparation: a case that was merged was no duplicate. It goes back to whoever had it, or is placed by the rules."""

from zoneinfo import ZoneInfo

from services.referral.domain import facts
from services.referral.domain.assignment import Chosen
from services.referral.domain.case import Case, Merge
from services.referral.domain.posts import Post
from services.referral.domain.states import ForbiddenStep
from services.referral.domain.terms import Terms
from services.referral.placing import assign, candidates_for, place
from services.referral.saying import say
from services.referral.store import CASES, POSTS, known_case
from services.referral.telling import holders_to_tell
from shared.contracts.report import CaseFile
from shared.contracts.vocabulary import MoveReason
from shared.delivery.unit import Work


def part(case: Case, file: CaseFile | None, work: Work, terms: Terms) -> Case:
    """Undo a merge, and with it the link that it made. Whoever held the case has to accept it again.

    Raises `ForbiddenStep`.
    """
    if case.merge is None:
        raise ForbiddenStep
    before, parted = case.merge, case.parted().unlinked(case.merge.into)
    survivor = known_case(before.into, work)
    work.put(CASES, survivor.id, survivor.unlinked(case.id))
    say(facts.parted(case, survivor.id, holders_to_tell(case, work)), case, work)
    post = _post_before(case, before, work)
    if post is None:
        return place(parted, file, work, terms, MoveReason.PARTED)
    explanation = candidates_for(parted, file, (post,), work, terms)
    if explanation.candidates[0].is_on_other_side:
        return place(parted, file, work, terms, MoveReason.PARTED)
    return assign(parted, Chosen(post, explanation), work, terms, MoveReason.PARTED)


def _post_before(case: Case, merge: Merge, work: Work) -> Post | None:
    """The post that held it, if the same ISCG is still there."""
    post = work.get(POSTS, merge.post_id) if merge.post_id else None
    today = work.cause.at.astimezone(ZoneInfo(case.zone)).date()
    is_hers = post is not None and post.iscg is not None and post.iscg.id == case.assignments[-1].iscg_id
    return post if post and is_hers and post.is_at_work_on(today) else None
