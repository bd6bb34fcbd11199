"""Who may come near a case. The roster says it: a token tells only the role."""

from uuid import UUID

from services.referral.domain.case import Case
from services.referral.domain.roster import Coordinator, Post
from shared.contracts.vocabulary import Purpose

ISCG_PURPOSES = frozenset({Purpose.FIRST_CONTACT, Purpose.FOLLOW_UP, Purpose.PERSON_REQUEST})


def is_held_by(case: Case, post: Post | None, authid: UUID) -> bool:
    """Whether this person fills the post that holds the case."""
    return post is not None and post.id == case.post_id and post.authid == authid


def is_coordinated_by(case: Case, coordinator: Coordinator | None, authid: UUID) -> bool:
    """Whether the case lies in this person's département."""
    return coordinator is not None and coordinator.departement == case.departement and coordinator.authid == authid


def check_purpose(purpose: Purpose) -> Purpose:
    """A purpose for which the ISCG who holds a case may look at whom it is about. Raises `ValueError` for others'."""
    if purpose not in ISCG_PURPOSES:
        raise ValueError("not a purpose of hers")
    return purpose
