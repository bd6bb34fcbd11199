"""The moments at which the suite is tried are what their names say, whenever the run begins."""

from datetime import UTC, datetime, timedelta

import pytest

from deploy.local import ROOT
from tests.clocks.__main__ import TESTS
from tests.clocks.moments import moments

BEGUN = [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=7 * n) for n in range(0, 1300, 9)]


@pytest.mark.parametrize("now", BEGUN)
def test_every_moment_is_to_come_soon_enough(now: datetime) -> None:
    assert all(now < at <= now + timedelta(weeks=53) for at in moments(now).values())


def test_the_moments_of_a_year_are_those_of_its_calendar() -> None:
    found = moments(datetime(2026, 11, 30, 20, 0, tzinfo=UTC))
    assert {name: f"{at:%Y-%m-%d %H:%M}" for name, at in found.items()} == {
        "night": "2026-12-01 03:00",
        "evening": "2026-12-01 20:00",
        "sunday": "2026-12-06 11:00",
        "holiday": "2027-07-14 10:00",
        "new-year": "2026-12-31 23:55",
        "spring": "2027-03-28 01:55",
        "autumn": "2027-10-31 02:55",
    }


def test_both_changes_of_time_come_within_ten_minutes() -> None:
    found = moments(datetime(2026, 11, 30, tzinfo=UTC))
    for name in ("spring", "autumn"):
        at = found[name].astimezone(UTC)
        assert at.astimezone(found[name].tzinfo).utcoffset() != (
            (at + timedelta(minutes=10)).astimezone(found[name].tzinfo).utcoffset()
        )


def test_what_is_tried_at_these_moments_is_there() -> None:
    assert [each for each in TESTS if not (ROOT / each.removeprefix("--ignore=")).exists()] == []
