"""One day has several dates in France: which one counts is that of whoever it concerns."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from shared.contracts.days import DEPARTEMENTS, METROPOLE, WESTERNMOST, day_in, day_there, zone_of


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
    inhabited = [each for each in DEPARTEMENTS if each not in ("Pacific/Marquesas", "Pacific/Gambier")]
    assert all(day_there(at, WESTERNMOST) <= day_there(at, zone) for zone in inhabited)


def test_every_territory_has_the_day_of_its_seat() -> None:
    at = datetime(2026, 11, 30, 23, 30, tzinfo=UTC)
    assert zone_of("987") == "Pacific/Tahiti"
    assert zone_of("31") == METROPOLE
    assert {departement: day_in(departement, at).day for departement in ("987", "971", "31", "974", "986")} == {
        "987": 30,
        "971": 30,
        "31": 1,
        "974": 1,
        "986": 1,
    }


IN_UTC = {
    "services/audit/completeness.py": "a service's day, which every service counts in UTC",
    "services/referral/moving.py": "a day more on both sides; each case is looked at where it is",
    "shared/delivery/days.py": "a service's day",
    "shared/delivery/migrations.py": "a service's day",
}


def test_whoever_asks_for_a_day_says_where() -> None:
    root = Path(__file__).parents[2]
    asking = [path for folder in ("services", "shared") for path in (root / folder).rglob("*.py")]
    found = {
        str(path.relative_to(root))
        for path in asking
        for line in path.read_text("utf-8").splitlines()
        if ".date()" in line and ".astimezone(" not in line and "local.date()" not in line
    }
    assert found == set(IN_UTC)
