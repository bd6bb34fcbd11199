"""When somebody sits at a station, across time zones and changes of the clocks."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from services.referral.domain.posts import sittings
from services.referral.domain.presence import Hours, Presence, first_moment, openings, published_days
from services.referral.domain.published import calendar_of
from shared.contracts.vocabulary import Weekday
from tests.referral.builders import EVERY_DAY, MONDAY, PARIS, STATION, a_coordinator, a_post, a_presence

WEEK = timedelta(days=7)
MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2028, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
CLOCKS = st.times().map(lambda at: at.strftime("%H:%M"))
HOURS = st.builds(lambda day, ends: (day, min(ends), max(ends)), st.sampled_from(Weekday), st.tuples(CLOCKS, CLOCKS))
PRESENCES = st.builds(
    lambda zone, drawn: Presence(
        station=STATION, zone=zone, hours=tuple(Hours(day=d, from_=f, to=t) for d, f, t in drawn if f < t)
    ),
    st.sampled_from(["Europe/Paris", "Indian/Reunion", "America/Cayenne", "Pacific/Noumea", "America/Miquelon"]),
    st.lists(HOURS, max_size=5),
)


def next_presence_at(presence: Presence, after: datetime, until: datetime) -> datetime | None:
    return first_moment(openings(presence, after, until), after)


def test_a_presence_that_is_going_on_begins_now() -> None:
    assert next_presence_at(a_presence(), MONDAY, MONDAY + WEEK) == MONDAY


def test_hours_are_the_stations_own_in_winter_and_in_summer() -> None:
    at_nine = a_presence(Hours(day=Weekday.MON, from_="09:00", to="10:00"))
    winter, summer = datetime(2026, 11, 22, tzinfo=UTC), datetime(2026, 7, 19, tzinfo=UTC)
    assert next_presence_at(at_nine, winter, winter + WEEK) == datetime(2026, 11, 23, 8, tzinfo=UTC)
    assert next_presence_at(at_nine, summer, summer + WEEK) == datetime(2026, 7, 20, 7, tzinfo=UTC)


def test_an_hour_that_summer_time_skips_is_no_presence() -> None:
    skipped = a_presence(Hours(day=Weekday.SUN, from_="02:10", to="03:05"))
    change = datetime(2026, 3, 29, tzinfo=UTC)
    assert list(openings(skipped, change, change + timedelta(hours=20))) == []


def test_a_presence_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(ValidationError):
        Hours(day=Weekday.MON, from_="18:00", to="08:00")


def test_stations_are_told_of_fourteen_days_that_begin_today() -> None:
    published = list(openings(a_presence(), *published_days(PARIS, MONDAY)))
    assert len(published) == 14
    assert published[0].opens_at.date() == MONDAY.date()


def test_the_calendar_is_the_same_all_day_long() -> None:
    posts = (a_post("post-1"), a_post("post-2"))
    morning, evening = MONDAY, MONDAY + timedelta(hours=10)
    assert calendar_of(STATION, posts, None, morning) == calendar_of(STATION, posts, None, evening)


def test_the_calendar_shows_what_two_posts_share_once() -> None:
    calendar = calendar_of(STATION, (a_post("post-1"), a_post("post-2")), a_coordinator(), MONDAY)
    assert len(calendar.openings) == 2 * len(EVERY_DAY)
    assert calendar.on_call


CHRISTMAS = datetime(2026, 12, 25, 10, 0, tzinfo=UTC)
BOXING_DAY = CHRISTMAS + timedelta(days=1)


@pytest.mark.parametrize(
    ("departement", "on_holidays", "day", "is_there"),
    [
        ("31", False, CHRISTMAS, False),
        ("31", True, CHRISTMAS, True),
        ("31", False, BOXING_DAY, True),
        ("67", False, BOXING_DAY, False),
    ],
)
def test_on_a_public_holiday_of_the_departement_nobody_sits_there_unless_it_says_so(
    departement: str, on_holidays: bool, day: datetime, is_there: bool
) -> None:
    presence = a_presence().model_copy(update={"on_holidays": on_holidays})
    post = a_post("post-1", presence, departement=departement)
    assert any(sittings(post, STATION, [post], day, day + timedelta(hours=1))) is is_there


@given(PRESENCES, MOMENTS, st.integers(0, 20))
def test_every_opening_ends_after_it_begins_and_touches_the_time_asked_for(
    presence: Presence, after: datetime, days: int
) -> None:
    until = after + timedelta(days=days)
    for each in openings(presence, after, until):
        assert each.opens_at < each.closes_at
        assert each.closes_at > after
        assert each.opens_at <= until


@given(PRESENCES, MOMENTS)
def test_whoever_asks_earlier_is_never_told_of_a_later_presence(presence: Presence, after: datetime) -> None:
    until = after + WEEK
    first = next_presence_at(presence, after, until)
    second = next_presence_at(presence, after + timedelta(hours=1), until)
    assert second is None or (first is not None and first <= second)


def test_whoever_sits_in_the_same_hours_shares_them_in_memory() -> None:
    hours = [{"day": "mon", "from": "09:00", "to": "12:00"}]
    first, second = (
        Presence.model_validate({"station": each, "zone": PARIS, "hours": hours}) for each in ("A-1", "B-2")
    )
    assert first.hours is second.hours
