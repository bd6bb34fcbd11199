"""Safe hours and hours of rest: the laws that hold whatever somebody has agreed on, and whatever the clocks show."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notification.domain.hours import LOOKS_AHEAD, MARGIN, after_quiet, is_quiet, is_safe, may_leave, next_safe
from shared.contracts.blocks import Quiet, SafeHours
from shared.contracts.vocabulary import Weekday

ZONES = ["Europe/Paris", "America/Guadeloupe", "Indian/Reunion", "Pacific/Noumea", "America/Miquelon", "UTC"]
NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
WEEKDAYS = tuple(Weekday)
hours = st.builds("{:02}:{:02}".format, st.integers(0, 23), st.sampled_from([0, 1, 15, 30, 59]))
moments = st.integers(0, 2 * 365 * 24 * 60).map(lambda minutes: NEW_YEAR + timedelta(minutes=minutes))
safe_hours = st.builds(
    lambda days, from_, to, zone, until: SafeHours(days=tuple(days), from_=from_, to=to, zone=zone, valid_until=until),
    st.sets(st.sampled_from(WEEKDAYS)),
    st.none() | hours,
    st.none() | hours,
    st.sampled_from(ZONES),
    st.none() | st.dates(date(2026, 1, 1), date(2028, 1, 1)),
)
quiets = st.builds(lambda from_, to, zone: Quiet(from_=from_, to=to, zone=zone), hours, hours, st.sampled_from(ZONES))


def is_agreed(safe: SafeHours, at: datetime) -> bool:
    """The same said another way: minute by minute back to when the hours began."""
    local = at.astimezone(ZoneInfo(safe.zone))
    now, from_, to = f"{local:%H:%M}", safe.from_ or "00:00", safe.to or "24:00"
    if safe.valid_until and local.date() > safe.valid_until:
        return False
    if (safe.from_ or safe.to) and (safe.from_ or "00:00") == (safe.to or "00:00"):
        return False
    day = local.date()
    if from_ < to:
        inside = from_ <= now < to
    else:
        inside = now >= from_ or now < to
        day -= timedelta(days=now < to)
    return inside and (not safe.days or WEEKDAYS[day.weekday()] in safe.days)


@given(safe_hours, moments)
def test_a_moment_is_safe_exactly_when_she_has_agreed_to_it(safe: SafeHours, at: datetime) -> None:
    assert is_safe(safe, at) == is_agreed(safe, at)


@given(safe_hours, moments)
def test_what_waits_leaves_only_when_it_is_safe_and_stays_so_for_as_long_as_it_may_take(
    safe: SafeHours, at: datetime
) -> None:
    found = next_safe(safe, at)
    if found is not None:
        assert at <= found <= at + LOOKS_AHEAD + timedelta(days=1)
        assert is_agreed(safe, found)
        assert is_agreed(safe, found + MARGIN)


@given(safe_hours, moments, st.integers(0, 14 * 24 * 4))
def test_no_safe_moment_is_overlooked(safe: SafeHours, at: datetime, quarters: int) -> None:
    later = at + quarters * timedelta(minutes=15)
    found = next_safe(safe, at)
    if may_leave(safe, later) and later < at + LOOKS_AHEAD - timedelta(days=1):
        # The hour that a change of clocks skips may cost an hour, never a message that leaves when it must not.
        assert found is not None
        assert found <= later + timedelta(hours=1)


@given(quiets, moments)
def test_nobody_is_disturbed_in_hours_of_rest(quiet: Quiet, at: datetime) -> None:
    until = after_quiet(quiet, at)
    assert at <= until <= at + timedelta(days=1, hours=1)
    assert quiet.from_ == quiet.to or not is_quiet(quiet, until)
    assert until == at or is_quiet(quiet, at)


@pytest.mark.parametrize(
    ("at", "safe"),
    [
        ("2026-11-23T22:30+01:00", True),
        ("2026-11-24T01:30+01:00", True),
        ("2026-11-24T02:00+01:00", False),
        ("2026-11-24T22:30+01:00", False),
        ("2026-11-23T01:30+01:00", False),
    ],
)
def test_hours_that_cross_midnight_belong_to_the_day_on_which_they_begin(at: str, safe: bool) -> None:
    monday_night = SafeHours(days=(Weekday.MON,), from_="22:00", to="02:00", zone="Europe/Paris")
    assert is_safe(monday_night, datetime.fromisoformat(at)) is safe


def test_hours_are_those_of_where_she_is() -> None:
    morning = SafeHours(from_="09:00", to="12:00", zone="Indian/Reunion")
    at = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
    assert next_safe(morning, at) == at + timedelta(hours=1)


def test_after_its_last_day_a_contact_is_no_way_at_all() -> None:
    over = SafeHours(zone="Europe/Paris", valid_until=date(2026, 11, 22))
    assert next_safe(over, datetime(2026, 11, 23, 9, 0, tzinfo=UTC)) is None
