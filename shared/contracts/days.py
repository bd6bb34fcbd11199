"""Which day it is: a day belongs to where somebody is, and France spans a day and more."""

from datetime import date, datetime
from zoneinfo import ZoneInfo, available_timezones

WESTERNMOST = "Pacific/Tahiti"
"""Of the inhabited French territories the one in which a day ends last."""


def day_there(at: datetime, zone: object) -> date:
    """The day of a moment in a zone; where none is known, the earliest day that it can be in France."""
    known = zone if isinstance(zone, str) and zone in available_timezones() else WESTERNMOST
    return at.astimezone(ZoneInfo(known)).date()
