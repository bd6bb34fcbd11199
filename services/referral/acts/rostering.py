"""What a new roster does, and what stations are told of it."""

from collections.abc import Callable, Iterable
from typing import Any
from uuid import uuid5

from services.referral.domain import facts
from services.referral.domain.coordination import Coordinator, Fallback, Owner, Territory
from services.referral.domain.holders import Changing, Holder, Subject, check_subject, holder_of
from services.referral.domain.partners import Partner
from services.referral.domain.posts import Iscg, Post
from services.referral.domain.published import calendar_of
from services.referral.domain.roster import Change, Entry
from services.referral.store import (
    CALENDARS,
    COORDINATORS,
    FALLBACKS,
    NATIONAL,
    PARTNERS,
    POSTS,
    STATIONS,
    SUBJECTS,
    TERRITORIES,
)
from services.referral.views import POSTS_AT
from shared.contracts.blocks import Recipient
from shared.contracts.vocabulary import RecipientRole, RosterReason, Urgency
from shared.delivery.shelf import Shelf
from shared.delivery.unit import Work

Kept = tuple[Shelf[Any], str]
ChangesOf = Callable[[Iterable[Entry]], list[Change]]
"""What must change, of what is known."""


def place_of(entry: Entry) -> Kept:
    """Where it is kept, and under which id."""
    match entry:
        case Post():
            return POSTS, entry.id
        case Partner():
            return PARTNERS, entry.id
        case Coordinator():
            return COORDINATORS, entry.departement
        case Territory():
            return TERRITORIES, entry.departement
        case Fallback():
            return FALLBACKS, NATIONAL


def take_roster(changes_of: ChangesOf, keys: Iterable[Kept], change: Changing, work: Work) -> list[Change]:
    """Have the posts, coordinators and partners that are wanted; each change is said. All of it, or nothing.

    Raises what `keep` does.
    """
    known = [state for shelf, id_ in keys if (state := work.get(shelf, id_))]
    made = changes_of(known)
    for each in made:
        keep(each.after, change, work)
    return made


def keep(entry: Entry, change: Changing, work: Work) -> None:
    """Keep one entry of the roster, say that it has changed, and tell whoever had access before if that has.

    Raises `OtherSubject`, `SignInNotAlone`.
    """
    shelf, id_ = place_of(entry)
    before = work.get(shelf, id_)
    _keep_subject(before, entry, change.reason, work)
    work.put(shelf, id_, entry)
    # Counted by subject: readers count by subject.
    work.say(facts.roster_changed(entry, change), id_)
    _tell_access(before, entry, change, work)


def _keep_subject(before: Entry | None, entry: Entry, reason: RosterReason, work: Work) -> None:
    holder, then = holder_of(entry), holder_of(before)
    kept = work.get(SUBJECTS, holder.key) if holder else None
    known = kept.authid if kept else then.authid if then and holder and then.key == holder.key else None
    check_subject(before, entry, known, reason)
    if holder and holder.authid and (kept is None or kept.authid != holder.authid):
        work.put(SUBJECTS, holder.key, Subject(authid=holder.authid))


def _tell_access(before: Entry | None, entry: Entry, change: Changing, work: Work) -> None:
    had, has = holder_of(before), holder_of(entry)
    if had is None or had.is_as(has):
        return
    told = tuple({each.ref: each for each in (*_told_before(had), *_coordinator_of(entry, work))}.values())
    # A subject of its own: no case is told of, and a post has no key that seals.
    subject = uuid5(work.cause.id, f"access {had.key} {place_of(entry)[1]}")
    work.say(facts.access_changed(entry, had, has, change, told), subject)


def _told_before(had: Holder) -> tuple[Recipient, ...]:
    """Partners are told by their software, which knows of referrals only: their coordinator is told instead."""
    match had.who:
        case Iscg():
            return (had.who.told_as(had.who.id, RecipientRole.ISCG),)
        case Owner():
            return had.who.told(Urgency.IMMEDIATE)
        case _:
            return ()


def _coordinator_of(entry: Entry, work: Work) -> tuple[Recipient, ...]:
    departement = getattr(entry, "departement", None)
    coordinator = work.get(COORDINATORS, departement) if departement else None
    return (coordinator.told_as_owner(),) if coordinator else ()


def publish_presence(station: str, work: Work) -> None:
    """Tell a station who sits there in the days to come, if that is news. Where nobody does any more, that is told."""
    posts, known = work.get(POSTS_AT, station) or (), work.get(STATIONS, station)
    departement = known.departement if known else posts[0].departement if posts else None
    posts = tuple(post for post in posts if departement and post.may_sit_at(station, departement))
    coordinator = work.get(COORDINATORS, departement) if departement else None
    calendar = calendar_of(station, posts, coordinator, work.cause.at)
    if calendar != work.get(CALENDARS, station):
        work.put(CALENDARS, station, calendar)
        work.say(facts.presence_published(calendar), station, of=(CALENDARS, station))
