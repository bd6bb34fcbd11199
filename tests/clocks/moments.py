"""Days and hours, as clocks in Paris show them, at which what depends on the clock is tried. Each is the next one."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")
SUNDAY = 6


def moments(now: datetime) -> Mapping[str, datetime]:
    """The next moment of each kind. Those around midnight and a change of time come shortly before it."""
    here = now.astimezone(PARIS)
    return {
        "night": _next(here, lambda day: day.replace(hour=3)),
        "evening": _next(here, lambda day: day.replace(hour=20)),
        "sunday": _next(here, lambda day: day.replace(hour=11) if day.weekday() == SUNDAY else None),
        "holiday": _next(here, lambda day: day.replace(hour=10) if (day.day, day.month) == (14, 7) else None),
        "new-year": _next(
            here, lambda day: day.replace(hour=23, minute=55) if (day.day, day.month) == (31, 12) else None
        ),
        "spring": _next(here, lambda day: day.replace(hour=1, minute=55) if _is_last_sunday(day, 3) else None),
        "autumn": _next(here, lambda day: day.replace(hour=2, minute=55) if _is_last_sunday(day, 10) else None),
    }


def _next(now: datetime, on: Callable[[datetime], datetime | None]) -> datetime:
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    days = (midnight + timedelta(days=n) for n in range(400))
    return next(found for day in days if (found := on(day)) and found.astimezone(UTC) > now.astimezone(UTC))


def _is_last_sunday(day: datetime, month: int) -> bool:
    return day.weekday() == SUNDAY and day.month == month and (day + timedelta(days=7)).month != month
