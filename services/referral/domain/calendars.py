"""Jours ouvrés: on which days people work where a station is, and what falls due after so many of them."""

from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache
from types import MappingProxyType
from zoneinfo import ZoneInfo

from holidays import HolidayBase, country_holidays

SUBDIVISIONS = MappingProxyType(
    {
        **{code: code for code in ("57", "971", "972", "973", "974", "976")},
        **dict.fromkeys(("67", "68"), "6AE"),
        **{"975": "PM", "977": "BL", "978": "MF", "986": "WF", "987": "PF", "988": "NC"},
    }
)
"""By département: under which code `holidays` keeps what is a holiday there and not everywhere. Alsace has one code for
two; whoever is not named has the national holidays alone."""
SATURDAY = 5
PARIS = ZoneInfo("Europe/Paris")
"""By whose clock a year and a roster count."""


def is_worked(day: date, departement: str) -> bool:
    """Whether a day is a working day there (jour ouvré): no Saturday, no Sunday, no holiday (jour férié)."""
    return day.weekday() < SATURDAY and not is_holiday(day, departement)


@lru_cache(maxsize=4096)
def is_holiday(day: date, departement: str) -> bool:
    """Whether a day is a public holiday there (jour férié)."""
    return day in _holidays(departement)


def after_working_days(at: datetime, days: int, departement: str, zone: str) -> datetime:
    """The same time of the clock so many working days later, in UTC.

    What comes on a day on which nobody works counts from the beginning of the next working day.
    """
    local = at.astimezone(ZoneInfo(zone))
    day, clock = local.date(), local.time()
    if not is_worked(day, departement):
        day, clock = _next_worked(day, departement), time()
    for _ in range(days):
        day = _next_worked(day, departement)
    return datetime.combine(day, clock, ZoneInfo(zone)).astimezone(UTC)


def _next_worked(day: date, departement: str) -> date:
    day += timedelta(days=1)
    while not is_worked(day, departement):
        day += timedelta(days=1)
    return day


@cache
def _holidays(departement: str) -> HolidayBase:
    return country_holidays("FR", subdiv=SUBDIVISIONS.get(departement))
