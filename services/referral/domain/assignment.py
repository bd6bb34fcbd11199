"""Attribution: which post gets the case, by rules that can be told to whoever asks.

Candidates are the posts that cover the station, for themselves or for one that is away. Eligible are those that are
there before the case must be accepted, have not declined it, and do not hold the case of another person of the same
event. Of these the criteria leave one: the first criterion that leaves only her is the rule that has decided.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from services.referral.domain.posts import FULL_TIME, Iscg, Post, sittings
from services.referral.domain.presence import first_moment
from shared.contracts.blocks import Candidate, Explanation
from shared.contracts.fields import Block
from shared.contracts.forms import OpaqueCode, UtcTime
from shared.contracts.vocabulary import DecidingRule, DeclineReason, MoveReason

LOOKED_AHEAD = timedelta(days=14)
"""So far is shown when a post that comes too late would have been there."""

Criterion = Callable[[Candidate], float | str]
CRITERIA: Mapping[DecidingRule, Criterion] = {
    DecidingRule.KNOWS_PERSON: lambda each: not each.knows_person,
    DecidingRule.BELOW_CEILING: lambda each: not each.is_below_ceiling,
    DecidingRule.LIGHTEST_LOAD: lambda each: each.weighted_load,
    DecidingRule.LANGUAGE: lambda each: not each.speaks_language,
    DecidingRule.TIE_BREAK: lambda each: each.post_id,
}
"""In this order: of whoever is left, those with the least value stay."""


class Assignment(Block):
    """Attribution of a case to the ISCG of a post, with the explanation as it was at that moment.

    `because` tells why it came to another post than before; a declined one stays, with the reason.
    """

    id: UUID
    post_id: OpaqueCode
    iscg_id: OpaqueCode
    assigned_at: UtcTime
    explanation: Explanation
    because: MoveReason | None = None
    accepted_at: UtcTime | None = None
    declined_at: UtcTime | None = None
    decline_reason: DeclineReason | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a case asks of an assignment: a presence at its station in time, and what is known of its person.

    `knowing` are the ISCGs who hold or lately held a case of hers, `opposite` those who hold the case of another person
    of the same event, `declined` those who have declined it.
    """

    station: str
    after: datetime
    until: datetime
    languages: Sequence[str] = ()
    knowing: frozenset[str] = field(default_factory=frozenset)
    opposite: frozenset[str] = field(default_factory=frozenset)
    declined: frozenset[str] = field(default_factory=frozenset)


class Chosen(NamedTuple):
    """The post that gets the case, and why."""

    post: Post
    explanation: Explanation

    @property
    def candidates(self) -> tuple[Candidate, ...]:
        """All that were looked at."""
        return self.explanation.candidates


class Nobody(NamedTuple):
    """No post that covers the station can take it in time; all that were looked at."""

    candidates: tuple[Candidate, ...]


def choose(wanted: Wanted, posts: Iterable[Post], loads: Mapping[str, int]) -> Chosen | Nobody:
    """The post that gets a case. The order in which posts are given decides nothing."""
    known = {post.id: post for post in sorted(posts, key=lambda post: post.id)}
    looked_at = candidates_among(wanted, tuple(known.values()), loads)
    candidates = tuple(each for each in looked_at if each.covers_station)
    eligible = [each for each in candidates if is_eligible(each)]
    if not eligible:
        return Nobody(candidates)
    chosen, rule = _decide(eligible)
    return Chosen(known[chosen.post_id], Explanation(candidates=candidates, rule=rule))


def candidates_among(wanted: Wanted, posts: Sequence[Post], loads: Mapping[str, int]) -> tuple[Candidate, ...]:
    """Each post that is filled, with the value of each criterion."""
    filled = [(post, post.iscg) for post in posts if post.iscg]
    return tuple(_candidate(post, iscg, wanted, posts, loads[post.id]) for post, iscg in filled)


def is_eligible(candidate: Candidate) -> bool:
    """Whether this post may get the case without its coordinator's word."""
    return candidate.is_present and not (candidate.has_declined or candidate.is_on_other_side)


def _decide(eligible: list[Candidate]) -> tuple[Candidate, DecidingRule]:
    if len(eligible) == 1:
        return eligible[0], DecidingRule.ONLY_CANDIDATE
    left, deciding = eligible, DecidingRule.TIE_BREAK
    for rule, value in CRITERIA.items():
        least = min(value(each) for each in left)
        left, deciding = [each for each in left if value(each) == least], rule
        if len(left) == 1:
            break
    return left[0], deciding


def _candidate(post: Post, iscg: Iscg, wanted: Wanted, posts: Sequence[Post], load: int) -> Candidate:
    horizon = max(wanted.until, wanted.after + LOOKED_AHEAD)
    present_at = first_moment(sittings(post, wanted.station, posts, wanted.after, horizon), wanted.after)
    return Candidate(
        post_id=post.id,
        iscg_id=iscg.id,
        covers_station=present_at is not None or post.presence_at(wanted.station) is not None,
        present_at=present_at,
        is_present=present_at is not None and present_at <= wanted.until,
        load=load,
        share=post.share,
        weighted_load=round(load * FULL_TIME / post.share, 2),
        knows_person=iscg.id in wanted.knowing,
        is_on_other_side=iscg.id in wanted.opposite,
        has_declined=iscg.id in wanted.declined,
        is_below_ceiling=post.ceiling is None or load < post.ceiling,
        speaks_language=any(language in iscg.speaks for language in wanted.languages),
    )
