"""Which day it is: a day belongs to where somebody is, and France spans a day and more."""

from datetime import date, datetime
from functools import cache
from types import MappingProxyType
from zoneinfo import ZoneInfo, available_timezones

DEPARTEMENTS = MappingProxyType(
    {
        "America/Guadeloupe": "971",
        "America/Martinique": "972",
        "America/Cayenne": "973",
        "Indian/Reunion": "974",
        "America/Miquelon": "975",
        "Indian/Mayotte": "976",
        "America/St_Barthelemy": "977",
        "America/Marigot": "978",
        "Indian/Kerguelen": "984",
        "Pacific/Wallis": "986",
        "Pacific/Tahiti": "987",
        "Pacific/Marquesas": "987",
        "Pacific/Gambier": "987",
        "Pacific/Noumea": "988",
    }
)
"""The département or collectivity overseas of each of its time zones, the zone of its seat first."""

METROPOLE = "Europe/Paris"
WESTERNMOST = "Pacific/Tahiti"
"""Of the seats of French territories the one in which a day ends last."""

known_zones = cache(available_timezones)
"""Every IANA time zone. Read from the file system once: it takes ten milliseconds."""

_SEATS = {departement: zone for zone, departement in reversed(list(DEPARTEMENTS.items()))}


def zone_of(departement: str) -> str:
    """The time zone of a département, that of its seat where it has several."""
    return _SEATS.get(departement, METROPOLE)


def day_there(at: datetime, zone: object) -> date:
    """The day of a moment in a zone; where none is known, the earliest day that it can be in France."""
    known = zone if isinstance(zone, str) and zone in known_zones() else WESTERNMOST
    return at.astimezone(ZoneInfo(known)).date()


def day_in(departement: str, at: datetime) -> date:
    """The day of a moment in a département."""
    return day_there(at, zone_of(departement))
