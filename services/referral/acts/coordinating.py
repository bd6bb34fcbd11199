"""What a coordinator does: give a case to another ISCG, hand all cases of one who leaves to another."""

from collections.abc import Sequence
from uuid import UUID

from services.referral.acts.finding import coordinated_case, coordinated_departements, is_national
from services.referral.acts.once import Command, answer_once, once
from services.referral.acts.posts import UnusablePost, coordinated_post, owner_of
from services.referral.domain.assignment import Chosen
from services.referral.domain.case import Case
from services.referral.domain.posts import Post
from services.referral.domain.terms import Terms
from services.referral.placing import assign, candidates_for
from services.referral.store import CASES, POSTS, Answer
from services.referral.views import HELD_BY
from shared.contracts.blocks import Candidate
from shared.contracts.report import CaseFile
from shared.contracts.vocabulary import MoveReason
from shared.delivery.unit import Work


class HasDeclined(Exception):
    """This ISCG has declined the case: she is not asked again."""


class HoldsRelatedCase(Exception):
    """This ISCG holds the case of another person of the same event: only an explicit yes gives her both."""


def reassign(
    command: Command, post_id: str, file: CaseFile | None, work: Work, terms: Terms, *, despite_related: bool = False
) -> Answer:
    """Give a case to a post that the coordinator chooses. Its ISCG has to accept it.

    Raises `NoSuchPost`, `HasDeclined`, `HoldsRelatedCase`, `ForbiddenStep`.
    """

    def step(case: Case, work: Work) -> Case:
        post = _usable_post(case, command.by, post_id, work)
        explanation = candidates_for(case, file, (post,), work, terms)
        _check(explanation.candidates[0], despite_related=despite_related)
        return assign(case, Chosen(post, explanation), work, terms, MoveReason.COORDINATION)

    return once(command, coordinated_case, step, work)


def _usable_post(case: Case, by: UUID, post_id: str, work: Work) -> Post:
    post = work.get(POSTS, post_id)
    if post is None or post.authid_at(work.cause.at) is None or not _may_use(case, by, post, work):
        raise UnusablePost
    return post


def _check(candidate: Candidate, *, despite_related: bool) -> None:
    if candidate.has_declined:
        raise HasDeclined
    if candidate.is_on_other_side and not despite_related:
        raise HoldsRelatedCase


def _may_use(case: Case, by: UUID, post: Post, work: Work) -> bool:
    """Her own posts, whichever of the départements is hers, and those that she agreed to have at the station.

    The national fallback has all of them.
    """
    hers = coordinated_departements(case, by, work)
    is_agreed = case.departement in hers and case.station in post.agreed
    return is_agreed or post.departement in hers or is_national(case, by, work)


def hand_over(command: Command, to: str, work: Work, terms: Terms) -> Answer:
    """Hand the open cases of a post to another one of the same coordinator, whose ISCG has to accept each.

    Those that she has declined, the other side of which she holds, or which are of a département that has not agreed
    to the post, stay: they are named in the answer (`kept`).
    Raises `NoSuchPost`, `UnusablePost`, `KeyReused`.
    """
    post_id = str(command.subject)

    def first(request: str) -> Answer:
        cases = [work.get(CASES, each) for each in _to_hand_over(post_id, to, command.by, work)]
        kept = [each.id for each in cases if each and not _hand_over(each, to, work, terms)]
        return Answer(subject=post_id, request=request, kept=tuple(kept))

    return answer_once(command, first, work)


def _to_hand_over(post_id: str, to: str, by: UUID, work: Work) -> Sequence[str]:
    coordinated_post(post_id, by, work)
    other = work.get(POSTS, to)
    if other is None or other.authid_at(work.cause.at) is None or other.id == post_id or owner_of(other, work) != by:
        raise UnusablePost
    return work.get(HELD_BY, post_id) or ()


def _hand_over(case: Case, to: str, work: Work, terms: Terms) -> bool:
    """Whether it was handed over."""
    post = work.get(POSTS, to)
    if not post or not case.may_go_to(post):
        return False
    explanation = candidates_for(case, None, (post,), work, terms)
    if any(each.has_declined or each.is_on_other_side for each in explanation.candidates):
        return False
    work.put(CASES, case.id, assign(case, Chosen(post, explanation), work, terms, MoveReason.HANDOVER))
    return True
