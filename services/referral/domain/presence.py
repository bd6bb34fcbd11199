"""Permanences: when an ISCG sits at a station, told in the station's own time and kept in UTC."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Self
from zoneinfo import ZoneInfo

from pydantic import Field, model_validator

from shared.contracts.blocks import Opening
from shared.contracts.fields import Block
from shared.contracts.forms import HourMinute, StationCode, Zone
from shared.contracts.vocabulary import Weekday

PUBLISHED_DAYS = 14
WEEK = tuple(Weekday)


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


class Presence(Block):
    """Permanence of a post at a station, week after week; on public holidays (jours fériés) only where it says so."""

    station: StationCode
    zone: Zone
    hours: tuple[Hours, ...]
    on_holidays: bool = False


def openings(presence: Presence, after: datetime, until: datetime) -> Iterator[Opening]:
    """Each time that somebody sits there between two moments, in order; one that is going on at `after` counts.

    An opening that the change to summer time leaves without a minute is none.
    """
    zone = ZoneInfo(presence.zone)
    day, last = after.astimezone(zone).date(), until.astimezone(zone).date()
    while day <= last:
        for hours in sorted(presence.hours, key=lambda each: each.from_):
            opens_at, closes_at = _moment(day, hours.from_, zone), _moment(day, hours.to, zone)
            is_real = hours.day is WEEK[day.weekday()] and opens_at < closes_at
            if is_real and closes_at > after and opens_at <= until:
                yield Opening(opens_at=opens_at, closes_at=closes_at)
        day += timedelta(days=1)


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
