"""Whose case it is: the ISCG who holds it, whoever covers for her, a coordinator who may place it."""

from uuid import UUID

from services.referral.domain.case import Case, NoSuchCase
from services.referral.domain.posts import Post
from services.referral.store import COORDINATORS, FALLBACKS, NATIONAL, known_case, post_of
from services.referral.telling import cover_of
from services.referral.views import POSTS_OF
from shared.contracts.vocabulary import EscalationLevel
from shared.delivery.unit import Work


def held_case(case_id: UUID, by: UUID, work: Work) -> Case:
    """The case, for the ISCG who holds it or covers for her today; a duplicate, for whoever has its survivor.

    Raises `NoSuchCase` for anybody else.
    """
    case = known_case(case_id, work)
    post = post_of(case, work)
    if post is None or by not in (post.authid_at(work.cause.at), _authid(cover_of(post, case, work), work)):
        raise NoSuchCase
    return case


def covered_case(case_id: UUID, by: UUID, work: Work) -> Case:
    """The case, for whoever covers today for the ISCG who holds it. Raises `NoSuchCase` for anybody else."""
    case = known_case(case_id, work)
    post = post_of(case, work)
    if post is None or by != _authid(cover_of(post, case, work), work):
        raise NoSuchCase
    return case


def coordinated_case(case_id: UUID, by: UUID, work: Work) -> Case:
    """The case, for a coordinator who may place it. Raises `NoSuchCase` for anybody else."""
    case = known_case(case_id, work)
    if not (is_national(case, by, work) or coordinated_departements(case, by, work)):
        raise NoSuchCase
    return case


def coordinated_departements(case: Case, by: UUID, work: Work) -> list[str]:
    """The départements which she coordinates, among those that the case is open to."""
    owners = {code: work.get(COORDINATORS, code) for code in (case.departement, *case.open_to)}
    return [code for code, owner in owners.items() if owner and owner.authid == by]


def is_national(case: Case, by: UUID, work: Work) -> bool:
    """Whether the case has gone up to the national fallback, and this is who answers there."""
    is_up = any(each.level is EscalationLevel.NATIONAL for each in case.escalations)
    fallback = work.get(FALLBACKS, NATIONAL) if is_up else None
    return fallback is not None and fallback.authid == by


def fills_post(by: UUID, work: Work) -> bool:
    """Whether somebody fills a post today, as today is in its département."""
    return any(post.authid_at(work.cause.at) == by for post in work.get(POSTS_OF, by) or ())


def _authid(post: Post | None, work: Work) -> UUID | None:
    return post.authid_at(work.cause.at) if post else None
