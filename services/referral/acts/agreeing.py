"""What a coordinator decides about posts of elsewhere: whether they sit at a station of her département."""

from uuid import UUID

from services.referral.acts.posts import NoSuchPost, UnusablePost
from services.referral.domain import facts
from services.referral.store import COORDINATORS, POSTS, STATIONS
from shared.contracts.vocabulary import RosterReason
from shared.delivery.unit import Work


def agree(post_id: str, station: str, by: UUID, reason: RosterReason, work: Work, *, agreed: bool) -> None:
    """Agree that a post of elsewhere sits at a station, or agree no longer. Nothing is said where that is so already.

    Cases that it holds stay with it until they are given to another. Raises `NoSuchPost` where the station is not in
    a département of the coordinator, and `UnusablePost` where no post of elsewhere has this id.
    """
    known = work.get(STATIONS, station)
    owner = work.get(COORDINATORS, known.departement) if known else None
    if known is None or owner is None or owner.authid != by:
        raise NoSuchPost
    post = work.get(POSTS, post_id)
    if post is None or post.departement == known.departement:
        raise UnusablePost
    if (station in post.agreed) is not agreed:
        work.put(POSTS, post_id, post.with_agreement(station, agreed=agreed))
        work.say(facts.presence_agreed(post, station, known.departement, reason, agreed=agreed), post_id)
