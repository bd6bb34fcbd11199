"""Attribution: which post gets the case, by rules that can be told to whoever asks.

Candidates are the posts that cover the station; present are those with an opening there before the case must be
accepted; of these the lightest load is chosen, and at equal load the first by post id.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from services.referral.domain.presence import next_presence_at
from services.referral.domain.roster import Post
from shared.contracts.blocks import Candidate, Explanation
from shared.contracts.fields import Block
from shared.contracts.forms import OpaqueCode, UtcTime
from shared.contracts.vocabulary import DecidingRule

LOOKED_AHEAD = timedelta(days=14)
"""So far is shown when a post that comes too late would have been there."""


class Assignment(Block):
    """Attribution of a case to the ISCG of a post, with the explanation as it was at that moment."""

    id: UUID
    post_id: OpaqueCode
    iscg_id: OpaqueCode
    assigned_at: UtcTime
    explanation: Explanation
    accepted_at: UtcTime | None = None


class Chosen(NamedTuple):
    """The post that gets the case, and why."""

    post: Post
    explanation: Explanation

    @property
    def candidates(self) -> tuple[Candidate, ...]:
        """All that were looked at."""
        return self.explanation.candidates

    def assignment(self, id_: UUID, at: datetime) -> Assignment:
        """The case goes to whoever fills the post."""
        post_id, iscg_id = self.post.id, self.post.iscg_id
        return Assignment(id=id_, post_id=post_id, iscg_id=iscg_id, assigned_at=at, explanation=self.explanation)


class Nobody(NamedTuple):
    """No post that covers the station has anybody there in time; all that were looked at."""

    candidates: tuple[Candidate, ...]


def choose(
    station: str, posts: Iterable[Post], loads: Mapping[str, int], after: datetime, until: datetime
) -> Chosen | Nobody:
    """The post that gets a case of this station, which must be accepted between these moments.

    The order in which posts are given decides nothing.
    """
    covering = {post.id: post for post in sorted(posts, key=lambda post: post.id) if post.presence_at(station)}
    candidates = tuple(_candidate(post, station, loads[post.id], after, until) for post in covering.values())
    present = [each for each in candidates if each.is_present]
    if not present:
        return Nobody(candidates)
    chosen = min(present, key=lambda each: (each.load, each.post_id))
    explanation = Explanation(candidates=candidates, rule=_rule(present, chosen.load))
    return Chosen(covering[chosen.post_id], explanation)


def _candidate(post: Post, station: str, load: int, after: datetime, until: datetime) -> Candidate:
    presence = post.presence_at(station)
    horizon = max(until, after + LOOKED_AHEAD)
    present_at = next_presence_at(presence, after, horizon) if presence else None
    return Candidate(
        post_id=post.id,
        iscg_id=post.iscg_id,
        covers_station=presence is not None,
        present_at=present_at,
        is_present=present_at is not None and present_at <= until,
        load=load,
    )


def _rule(present: list[Candidate], lightest: int) -> DecidingRule:
    if len(present) == 1:
        return DecidingRule.ONLY_CANDIDATE
    is_tie = sum(each.load == lightest for each in present) > 1
    return DecidingRule.TIE_BREAK if is_tie else DecidingRule.LIGHTEST_LOAD
