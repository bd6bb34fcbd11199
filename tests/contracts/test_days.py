"""One day has several dates in France: which one counts is that of whoever it concerns."""

from datetime import UTC, date, datetime

import pytest

from shared.contracts.days import WESTERNMOST, day_there
from shared.contracts.phones import ZONES


@pytest.mark.parametrize(
    ("zone", "day"),
    [
        ("Pacific/Tahiti", 30),
        ("America/Guadeloupe", 30),
        ("Europe/Paris", 1),
        ("Indian/Reunion", 1),
        ("Pacific/Wallis", 1),
    ],
)
def test_the_same_moment_has_the_date_of_the_place(zone: str, day: int) -> None:
    assert day_there(datetime(2026, 11, 30, 23, 30, tzinfo=UTC), zone).day == day


@pytest.mark.parametrize("zone", [None, 5, "", "Europe/Toulouse", "../etc/passwd"])
def test_where_no_zone_is_known_no_day_is_over_that_may_go_on_somewhere(zone: object) -> None:
    assert day_there(datetime(2026, 12, 1, 9, 59, tzinfo=UTC), zone) == date(2026, 11, 30)


@pytest.mark.parametrize("hour", range(24))
def test_nowhere_is_it_earlier_than_in_the_westernmost_territory(hour: int) -> None:
    at = datetime(2026, 7, 1, hour, tzinfo=UTC)
    inhabited = [each for each in ZONES if each not in ("Pacific/Marquesas", "Pacific/Gambier")]
    assert all(day_there(at, WESTERNMOST) <= day_there(at, zone) for zone in inhabited)
