"""Permanences: when an ISCG sits at a station, told in the station's own time and kept in UTC."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Annotated, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, model_validator

from shared.contracts.blocks import Opening
from shared.contracts.fields import Block
from shared.contracts.forms import HourMinute, StationCode, Zone
from shared.contracts.vocabulary import Weekday

PUBLISHED_DAYS = 14
WEEK = tuple(Weekday)
NUMBERS = {day: n for n, day in enumerate(WEEK)}


class Hours(Block):
    """Plage de permanence: from and to on one day of the week, in the station's own time."""

    day: Weekday
    from_: HourMinute = Field(alias="from")
    to: HourMinute

    @model_validator(mode="after")
    def check_order(self) -> Self:
        """A presence ends on the day on which it begins."""
        if self.from_ >= self.to:
            raise ValueError("a presence must end after it begins")
        return self


@lru_cache(maxsize=4096)
def _share(hours: tuple[Hours, ...]) -> tuple[Hours, ...]:
    """One tuple for all who sit in the same hours: a country's roster has fifty thousand of them."""
    return hours


class Presence(Block):
    """Permanence of a post at a station, week after week; on public holidays (jours fériés) only where it says so."""

    station: StationCode
    zone: Zone
    hours: Annotated[tuple[Hours, ...], AfterValidator(_share)]
    on_holidays: bool = False


def openings(presence: Presence, after: datetime, until: datetime) -> Iterator[Opening]:
    """Each time that somebody sits there between two moments, in order; one that is going on at `after` counts.

    An opening that the change to summer time leaves without a minute is none.
    """
    return (opening for _, opening in openings_by_day(presence, after, until))


def openings_by_day(presence: Presence, after: datetime, until: datetime) -> Iterator[tuple[date, Opening]]:
    """The same, each with its day, as days are there."""
    zone, weekly = ZoneInfo(presence.zone), _by_weekday(presence.hours)
    day, last = after.astimezone(zone).date(), until.astimezone(zone).date()
    while day <= last:
        for hours in weekly[day.weekday()]:
            opening = _opening(day, hours.from_, hours.to, presence.zone)
            if opening and opening.closes_at > after and opening.opens_at <= until:
                yield day, opening
        day += timedelta(days=1)


def _by_weekday(hours: tuple[Hours, ...]) -> list[list[Hours]]:
    weekly: list[list[Hours]] = [[] for _ in WEEK]
    for each in hours:
        weekly[NUMBERS[each.day]].append(each)
    for some in weekly:
        some.sort(key=_begins)
    return weekly


def _begins(hours: Hours) -> str:
    return hours.from_


@lru_cache(maxsize=4096)
def _opening(day: date, from_: str, to: str, zone: str) -> Opening | None:
    """What is kept is shared by all who sit in the same hours, at any station."""
    opens_at, closes_at = (_moment(day, at, ZoneInfo(zone)) for at in (from_, to))
    return Opening(opens_at=opens_at, closes_at=closes_at) if opens_at < closes_at else None


def first_moment(found: Iterator[Opening], after: datetime) -> datetime | None:
    """The first moment from then on at which somebody sits there, if somebody does."""
    first = next(found, None)
    return max(first.opens_at, after) if first else None


def published_days(zone_name: str, now: datetime) -> tuple[datetime, datetime]:
    """What a station may tell people: the fourteen days that begin today, as today is there. First and last moment."""
    zone = ZoneInfo(zone_name)
    first = now.astimezone(zone).date()
    midnight, end = (_moment(day, "00:00", zone) for day in (first, first + timedelta(days=PUBLISHED_DAYS)))
    return midnight, end - timedelta(seconds=1)


def _moment(day: date, at: str, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.fromisoformat(at), zone).astimezone(UTC)
