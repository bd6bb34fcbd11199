"""Ages: what a band and a date of birth say of somebody, and whether they say the same."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.ages import ADULTS, BANDS, MINORS, age_on, may_be_of
from shared.contracts.vocabulary import AgeBand

DAYS = st.dates(date(1920, 1, 1), date(2100, 1, 1))


@pytest.mark.parametrize(
    ("birth", "day", "age"),
    [
        (date(2008, 11, 30), date(2026, 11, 29), 17),
        (date(2008, 11, 30), date(2026, 11, 30), 18),
        (date(2008, 2, 29), date(2026, 2, 28), 17),
        (date(2008, 2, 29), date(2026, 3, 1), 18),
        (date(2099, 1, 1), date(2026, 1, 1), -73),
    ],
)
def test_somebody_is_a_year_older_on_the_birthday(birth: date, day: date, age: int) -> None:
    assert age_on(birth, day) == age


def test_the_bands_leave_no_year_of_age_out_and_name_none_twice() -> None:
    known = [BANDS[band] for band in AgeBand if band is not AgeBand.UNKNOWN]
    assert set(BANDS) == set(AgeBand)
    assert [age for first, last in known for age in range(first, last + 1)] == list(range(131))
    assert {AgeBand.UNKNOWN} == set(AgeBand) - MINORS - ADULTS


@given(DAYS, st.integers(0, 36_000))
def test_whoever_is_of_a_band_may_be_of_it(birth: date, lived: int) -> None:
    day = birth + timedelta(days=lived)
    age = age_on(birth, day)
    assert all(may_be_of(band, birth, day) for band, (first, last) in BANDS.items() if first <= age <= last)


def test_a_child_is_in_no_band_of_adults() -> None:
    assert not any(may_be_of(band, date(2014, 5, 1), date(2026, 11, 30)) for band in ADULTS)
