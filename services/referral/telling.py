"""Whom to tell of a case: who holds it, who covers for her, who owns what nobody can take."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from services.referral.domain.case import Case
from services.referral.domain.coordination import Owner
from services.referral.domain.posts import Post
from services.referral.store import COORDINATORS, FALLBACKS, NATIONAL, POSTS, TERRITORIES, post_of
from shared.contracts.blocks import Recipient
from shared.contracts.vocabulary import EscalationLevel, RecipientRole, Urgency
from shared.delivery.unit import Work


def holders_to_tell(case: Case, work: Work) -> tuple[Recipient, ...]:
    """The ISCG who holds the case, and whoever covers for her today."""
    post = post_of(case, work)
    if post is None or post.iscg is None:
        return ()
    holder = post.iscg.told_as(post.iscg.id, RecipientRole.ISCG)
    cover = cover_of(post, case, work)
    if cover is None or cover.iscg is None:
        return (holder,)
    return (cover.iscg.told_as(cover.iscg.id, RecipientRole.COVER), holder)


def cover_of(post: Post, case: Case, work: Work) -> Post | None:
    """The post that covers for this one today, as today is where the case is.

    Neither has ended, and the case may go to the cover.
    """
    if post.authid_at(work.cause.at) is None:
        return None
    absence = post.absence_on(work.cause.at.astimezone(ZoneInfo(case.zone)).date())
    cover = work.get(POSTS, absence.covered_by) if absence and absence.covered_by else None
    return cover if cover and cover.authid_at(work.cause.at) and case.may_go_to(cover) else None


def owners_at(level: EscalationLevel, case: Case, work: Work) -> Sequence[Owner]:
    """Who owns at this level what nobody can take. At some levels, somewhere, nobody does."""
    owners: list[Owner | None]
    match level:
        case EscalationLevel.COORDINATOR:
            owners = [work.get(COORDINATORS, case.departement)]
        case EscalationLevel.NEIGHBOURS:
            owners = [work.get(COORDINATORS, each) for each in neighbours_of(case.departement, work)]
        case EscalationLevel.NATIONAL:
            owners = [work.get(FALLBACKS, NATIONAL)]
    return [each for each in owners if each]


def owners_of(case: Case, work: Work) -> tuple[Recipient, ...]:
    """Who sees to it that somebody else takes a case whose ISCG can't even be told."""
    return owners_to_tell(owners_at(EscalationLevel.COORDINATOR, case, work), case.urgency)


def owners_to_tell(owners: Sequence[Owner], urgency: Urgency) -> tuple[Recipient, ...]:
    """How they are told; on-call contacts first where it can't wait."""
    told = [recipient for owner in owners for recipient in owner.told(urgency)]
    return tuple(sorted(told, key=lambda each: each.role is not RecipientRole.ON_CALL))


def neighbours_of(departement: str, work: Work) -> tuple[str, ...]:
    """The départements that help this one out."""
    territory = work.get(TERRITORIES, departement)
    return territory.neighbours if territory else ()
