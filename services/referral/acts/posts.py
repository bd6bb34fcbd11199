"""What a coordinator does with the posts of her département: open, change and end them, and say who is away."""

from collections.abc import Callable, Sequence
from datetime import date
from uuid import UUID

from services.referral.acts.once import Command, answer_once, check_version
from services.referral.acts.rostering import keep
from services.referral.domain.holders import Changing, DigestOf
from services.referral.domain.posts import Absence, Post
from services.referral.store import COORDINATORS, POSTS, STATIONS, Answer
from services.referral.views import FILLED_BY
from shared.contracts.days import day_in
from shared.contracts.vocabulary import RosterReason
from shared.delivery.unit import Work


class NoSuchPost(Exception):
    """There is no such post, or it is not hers."""


class UnusablePost(NoSuchPost):
    """This post can't take anything: there is none, it is vacant, or it is not hers to fill with work."""


class FillsAnother(Exception):
    """Whoever is to fill the post fills another one."""


class NotAgreed(Exception):
    """This is a station of another département, whose coordinator has not agreed to it."""


def keep_post(command: Command, wanted: Callable[[Post | None], Post], change: Changing, work: Work) -> Answer:
    """Have a post as the coordinator of its département wants it; version 0 opens one that is not there.

    `wanted` says how, knowing how it was. Its past, its absences and what was agreed stay. Raises `NoSuchPost`,
    `FillsAnother`, `NotAgreed`, `StaleVersion`, `KeyReused`, and what `rostering.keep` does.
    """
    post_id = str(command.subject)

    def first(request: str) -> Answer:
        before = coordinated_post(post_id, command.by, work) if work.get(POSTS, post_id) else None
        check_version(POSTS, command, work)
        post = wanted(before)
        if owner_of(post, work) != command.by:
            raise NoSuchPost
        today = day_in(post.departement, work.cause.at)
        _check_alone(post, today, work)
        post = post.replacing(before, today)
        _check_presences(post, work)
        keep(post, change, work)
        return _done(post_id, request, work)

    return answer_once(command, first, work)


def end_post(command: Command, change: Changing, work: Work) -> Answer:
    """End a post today: nothing is given to it any more, and what its ISCG has not accepted goes to others.

    Raises `NoSuchPost`, `StaleVersion`, `KeyReused`.
    """
    post_id = str(command.subject)

    def first(request: str) -> Answer:
        post = coordinated_post(post_id, command.by, work)
        check_version(POSTS, command, work)
        keep(post.ended(day_in(post.departement, work.cause.at)), change, work)
        return _done(post_id, request, work)

    return answer_once(command, first, work)


def set_absences(command: Command, absences: Sequence[Absence], digest_of: DigestOf, work: Work) -> Answer:
    """Say when whoever fills a post is away: all of it, in place of what was said before.

    Raises `NoSuchPost`, `UnusablePost`, `NotAgreed`, `StaleVersion`, `KeyReused`.
    """
    post_id = str(command.subject)

    def first(request: str) -> Answer:
        post = coordinated_post(post_id, command.by, work)
        check_version(POSTS, command, work)
        for each in absences:
            if each.covered_by is not None:
                _check_cover(post, each.covered_by, work)
        keep(post.model_copy(update={"absences": tuple(absences)}), Changing(RosterReason.ABSENCE, digest_of), work)
        return _done(post_id, request, work)

    return answer_once(command, first, work)


def coordinated_post(post_id: str, by: UUID, work: Work) -> Post:
    """The post, for the coordinator of its département. Raises `NoSuchPost` for anybody else."""
    post = work.get(POSTS, post_id)
    if post is None or owner_of(post, work) != by:
        raise NoSuchPost
    return post


def owner_of(post: Post, work: Work) -> UUID | None:
    """By which opaque id whoever coordinates its département signs in."""
    owner = work.get(COORDINATORS, post.departement)
    return owner.authid if owner else None


def _done(post_id: str, request: str, work: Work) -> Answer:
    return Answer(subject=post_id, request=request, version=work.version(POSTS, post_id))


def _check_alone(post: Post, today: date, work: Work) -> None:
    """Nobody fills two posts."""
    filled = work.get(FILLED_BY, post.iscg.id) if post.iscg else ()
    if any(each.id != post.id and (each.until is None or each.until >= today) for each in filled or ()):
        raise FillsAnother


def _check_presences(post: Post, work: Work) -> None:
    """Check that it sits only where it may. A station that is not known yet is checked when a case is placed."""
    for each in post.presences:
        known = work.get(STATIONS, each.station)
        if known and not post.may_sit_at(each.station, known.departement):
            raise NotAgreed


def _check_cover(post: Post, cover_id: str, work: Work) -> None:
    cover = work.get(POSTS, cover_id)
    if cover is None or cover.id == post.id or cover.iscg is None or cover.is_over_at(work.cause.at):
        raise UnusablePost
    if not cover.may_cover(post):
        raise NotAgreed
