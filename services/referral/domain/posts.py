"""Postes d'ISCG: who fills which post, from when to when, how much of her time it is, and when she is away."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from heapq import merge
from typing import Annotated
from uuid import UUID

from pydantic import Field, StrictInt

from services.referral.domain.calendars import is_holiday
from services.referral.domain.periods import Period
from services.referral.domain.presence import Presence, openings_by_day
from services.referral.domain.reachable import Reachable
from shared.contracts.blocks import Opening
from shared.contracts.days import day_in
from shared.contracts.fields import Block
from shared.contracts.forms import Day, Departement, OpaqueCode, Several, StationCode
from shared.contracts.person import Language
from shared.contracts.vocabulary import EmployerKind, PostForce

FULL_TIME = 100


class IscgIncomplete(Exception):
    """Whoever is new on a post needs `signs_in_as` and `channels`."""


class Iscg(Reachable):
    """ISCG: who fills a post, by which opaque id she signs in, since when, and which languages she speaks."""

    id: OpaqueCode
    authid: UUID
    since: Day | None = None
    speaks: Several[Language] = ("fr",)


class Tenure(Block):
    """Who filled a post before, from when to when."""

    iscg_id: OpaqueCode
    since: Day | None = None
    until: Day

    def covers(self, day: date) -> bool:
        """Whether she filled it that day."""
        return (self.since is None or self.since <= day) and day <= self.until


class Absence(Period):
    """Absence of whoever fills a post; another post may cover for it."""

    covered_by: OpaqueCode | None = None


class PostSheet(Block):
    """Fiche de poste: where a post is, who employs its ISCG, her share of full time, where and when she sits.

    `share` is in per cent of full time; `ceiling` is how many open cases the post can hold at once, if that is known.
    """

    departement: Departement
    employer: EmployerKind = EmployerKind.OTHER
    force: PostForce = PostForce.MIXED
    share: Annotated[StrictInt, Field(ge=10, le=FULL_TIME)] = FULL_TIME
    ceiling: Annotated[StrictInt, Field(ge=1, le=1000)] | None = None
    since: Day | None = None
    until: Day | None = None
    presences: tuple[Presence, ...] = ()


class Post(PostSheet):
    """Poste d'ISCG, which the ministry counts: who fills it, if anybody does, and who did before (`past`).

    `agreed` are the stations of other départements where it may sit: their coordinators have agreed to it.
    """

    id: OpaqueCode
    iscg: Iscg | None = None
    past: tuple[Tenure, ...] = ()
    absences: tuple[Absence, ...] = ()
    agreed: tuple[StationCode, ...] = ()

    def authid_at(self, at: datetime) -> UUID | None:
        """The opaque id of the ISCG whose rights it gives at that moment, if anybody fills it then.

        They end with the post, at midnight in its département.
        """
        is_held = self.iscg is not None and self.is_held_on(day_in(self.departement, at))
        return self.iscg.authid if self.iscg and is_held else None

    def presence_at(self, station: str) -> Presence | None:
        """Its presence at a station, if it covers it."""
        return next((each for each in self.presences if each.station == station), None)

    def may_sit_at(self, station: str, departement: str) -> bool:
        """Check that a station is of its own département, or that the coordinator there has agreed."""
        return departement == self.departement or station in self.agreed

    def may_cover(self, other: "Post") -> bool:
        """Check that it may sit wherever the other post sits: of the same département, or agreed at each station."""
        at_each = all(each.station in self.agreed for each in other.presences)
        return self.departement == other.departement or (at_each and bool(other.presences))

    def with_agreements_of(self, before: "Post | None") -> "Post":
        """The post with the agreements that are known of it: nobody else brings any."""
        return self.model_copy(update={"agreed": before.agreed if before else ()})

    def with_agreement(self, station: str, *, agreed: bool) -> "Post":
        """The post, once the coordinator of a station has agreed that it sits there, or agrees no longer."""
        others = (each for each in self.agreed if each != station)
        return self.model_copy(update={"agreed": (*others, station) if agreed else tuple(others)})

    def exists_on(self, day: date) -> bool:
        """Whether the post exists that day, filled or not."""
        return (self.since is None or self.since <= day) and (self.until is None or day <= self.until)

    def is_over_at(self, at: datetime) -> bool:
        """Whether the post has ended by that moment, as its département counts days."""
        return self.until is not None and self.until < day_in(self.departement, at)

    def is_filled_on(self, day: date) -> bool:
        """Whether somebody fills or filled it that day, at work or not."""
        return self.is_held_on(day) or (self.exists_on(day) and any(each.covers(day) for each in self.past))

    def absence_on(self, day: date) -> Absence | None:
        """The absence that is going on that day."""
        return next((each for each in self.absences if each.covers(day)), None)

    def is_covered_on(self, day: date, post_id: str) -> bool:
        """Whether that other post stands in for this one that day."""
        absence = self.absence_on(day)
        return absence is not None and absence.covered_by == post_id

    def is_ever_covered_by(self, post_id: str) -> bool:
        """Whether that other post stands in for this one on any day."""
        return any(each.covered_by == post_id for each in self.absences)

    def is_at_work_on(self, day: date) -> bool:
        """Whether somebody fills it that day and is not away."""
        return self.is_held_on(day) and self.absence_on(day) is None

    def replacing(self, before: "Post | None", on: date) -> "Post":
        """This post as a new roster says it, with what is known of it from before and the roster does not say."""
        if before is None:
            return self.with_agreements_of(None)
        absences = self.absences if "absences" in self.model_fields_set else before.absences
        past, then = before.past, before.iscg
        if then and (self.iscg is None or self.iscg.id != then.id):
            past = (*past, Tenure(iscg_id=then.id, since=then.since, until=on - timedelta(days=1)))
        return self.model_copy(update={"absences": absences, "past": past, "agreed": before.agreed})

    def ended(self, on: date) -> "Post":
        """The post, which exists no more from that day on."""
        return self.model_copy(update={"until": on - timedelta(days=1)})

    def is_held_on(self, day: date) -> bool:
        """Whether the ISCG who fills it now does so that day."""
        return self.iscg is not None and self.exists_on(day) and (self.iscg.since is None or self.iscg.since <= day)


def sittings(post: Post, station: str, posts: Iterable[Post], after: datetime, until: datetime) -> Iterator[Opening]:
    """Each time that whoever fills this post sits at a station, in order: for itself, or for a post that it covers."""
    covered = (each for each in posts if each.id != post.id and each.is_ever_covered_by(post.id))
    seats = (_sat(post, whose, station, after, until) for whose in (post, *covered))
    return merge(*seats, key=lambda each: each.opens_at)


def _sat(post: Post, whose: Post, station: str, after: datetime, until: datetime) -> Iterator[Opening]:
    presence = whose.presence_at(station)
    if presence is None:
        return
    for day, opening in openings_by_day(presence, after, until):
        stands_in = whose.id == post.id or whose.is_covered_on(day, post.id)
        is_open = presence.on_holidays or not is_holiday(day, whose.departement)
        if is_open and stands_in and post.is_at_work_on(day):
            yield opening
