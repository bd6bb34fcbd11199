"""What a new roster does, and what stations are told of it."""

from collections.abc import Callable, Iterable
from typing import Any

from services.referral.domain import facts
from services.referral.domain.coordination import Coordinator, Fallback, Territory
from services.referral.domain.partners import Partner
from services.referral.domain.posts import Post
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
    TERRITORIES,
)
from services.referral.views import POSTS_AT
from shared.contracts.vocabulary import RosterReason
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


def take_roster(changes_of: ChangesOf, keys: Iterable[Kept], reason: RosterReason, work: Work) -> list[Change]:
    """Have the posts, coordinators and partners that are wanted; each change is said. All of it, or nothing."""
    known = [state for shelf, id_ in keys if (state := work.get(shelf, id_))]
    made = changes_of(known)
    for change in made:
        keep(change.after, reason, work)
    return made


def keep(entry: Entry, reason: RosterReason, work: Work) -> None:
    """Keep one entry of the roster, and say that it has changed."""
    shelf, id_ = place_of(entry)
    work.put(shelf, id_, entry)
    # Counted by subject: readers count by subject.
    work.say(facts.roster_changed(entry, reason), id_)


def publish_presence(station: str, work: Work) -> None:
    """Tell a station who sits there in the days to come, if that is news. Where nobody does any more, that is told."""
    posts, known = work.get(POSTS_AT, station) or (), work.get(STATIONS, station)
    departement = posts[0].departement if posts else known.departement if known else None
    coordinator = work.get(COORDINATORS, departement) if departement else None
    calendar = calendar_of(station, posts, coordinator, work.cause.at)
    if calendar != work.get(CALENDARS, station):
        work.put(CALENDARS, station, calendar)
        work.say(facts.presence_published(calendar), station, of=(CALENDARS, station))
