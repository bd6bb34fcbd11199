"""How old somebody is: what an age band and a date of birth say, and whether they say the same."""

from datetime import date
from types import MappingProxyType

from shared.contracts.vocabulary import AgeBand

MAJORITY = 18
OLDEST = 130

BANDS = MappingProxyType(
    {
        AgeBand.FROM_0: (0, 2),
        AgeBand.FROM_3: (3, 5),
        AgeBand.FROM_6: (6, 10),
        AgeBand.FROM_11: (11, 14),
        AgeBand.FROM_15: (15, 17),
        AgeBand.FROM_18: (18, 24),
        AgeBand.FROM_25: (25, 39),
        AgeBand.FROM_40: (40, 59),
        AgeBand.FROM_60: (60, 74),
        AgeBand.FROM_75: (75, OLDEST),
        AgeBand.UNKNOWN: (0, OLDEST),
    }
)
"""The first and the last year of age of each band, both of it."""

MINORS = frozenset(band for band, (_, last) in BANDS.items() if last < MAJORITY)
ADULTS = frozenset(band for band, (first, _) in BANDS.items() if first >= MAJORITY)


def age_on(birth: date, day: date) -> int:
    """Age in full years on a day; below 0 where the birth comes later. Born on 29 February, one is older on 1 March."""
    return day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))


def may_be_of(band: AgeBand, birth: date, day: date) -> bool:
    """Whether somebody born on that day is of this band, if it was told on `day`.

    A year more or less is let pass: a band may have been noted on another day than the report was taken.
    """
    first, last = BANDS[band]
    return first - 1 <= age_on(birth, day) <= last + 1
