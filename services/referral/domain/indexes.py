"""The roster as it is looked up: posts by station and by who fills them, partners by département."""

from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

from services.referral.domain.partners import Partner
from services.referral.domain.posts import Post


class PostIndex:
    """Every post there is."""

    def __init__(self, posts: Sequence[Post]) -> None:
        self._by_id = {post.id: post for post in posts}
        self._at: dict[str, dict[str, Post]] = defaultdict(dict)
        self._filled_by: dict[str, tuple[Post, ...]] = defaultdict(tuple)
        self._of: dict[UUID, tuple[Post, ...]] = defaultdict(tuple)
        for post in posts:
            for presence in post.presences:
                self._at[presence.station][post.id] = post
            if post.iscg:
                self._filled_by[post.iscg.id] += (post,)
                self._of[post.iscg.authid] += (post,)

    def at(self, station: str) -> tuple[Post, ...]:
        """The posts that cover a station, and those that stand in for them on any day."""
        here = self._at.get(station, {})
        covers = (each.covered_by for post in here.values() for each in post.absences)
        standing_in = {id_: self._by_id[id_] for id_ in covers if id_ in self._by_id}
        return tuple((standing_in | here).values())

    def filled_by(self, iscg_id: str) -> tuple[Post, ...]:
        """The posts that an ISCG fills, or filled when they ended."""
        return self._filled_by.get(iscg_id, ())

    def of(self, authid: str) -> tuple[Post, ...]:
        """The posts that somebody who signs in so fills, or filled when they ended."""
        return self._of.get(UUID(authid), ())


class PartnerIndex:
    """Every partner there is."""

    def __init__(self, partners: Sequence[Partner]) -> None:
        self._of: dict[str, tuple[Partner, ...]] = defaultdict(tuple)
        for partner in partners:
            self._of[partner.departement] += (partner,)

    def of(self, departement: str) -> tuple[Partner, ...]:
        """The partners of a département."""
        return self._of.get(departement, ())
