"""Working days are those of the département, in the time of its clocks.

Holidays of one département: Code du travail, L. 3422-2 (abolition of slavery) and L. 3134-13 (Alsace and Moselle).
"""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from services.referral.domain.calendars import SUBDIVISIONS, after_working_days, is_worked
from services.referral.domain.terms import Span, Spans, TermsHere
from shared.contracts.vocabulary import DeadlineKind, Urgency
from tests.referral.builders import HOUR, MONDAY, PARIS, TERMS

METROPOLITAN = [f"{n:02}" for n in range(1, 96) if n != 20] + ["2A", "2B"]
OVERSEAS = ["971", "972", "973", "974", "975", "976", "977", "978", "986", "987", "988"]
FIRST = datetime(2024, 1, 1, tzinfo=UTC)
ZONES = (PARIS, "America/Miquelon", "Indian/Reunion", "Pacific/Tahiti", "America/Cayenne")


def worked(text: str, departement: str) -> bool:
    return is_worked(date.fromisoformat(text), departement)


def due(text: str, days: int = 5, departement: str = "31", zone: str = PARIS) -> str:
    at = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))
    found = after_working_days(at, days, departement, zone)
    return f"{found.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}"


@pytest.mark.parametrize("departement", [*METROPOLITAN, *OVERSEAS])
def test_every_departement_has_a_calendar(departement: str) -> None:
    for holiday in ("2026-01-01", "2026-04-06", "2026-05-01", "2026-07-14", "2026-12-25"):
        assert not worked(holiday, departement)
    assert worked("2026-11-23", departement)
    assert not worked("2026-11-28", departement)


@pytest.mark.parametrize(
    ("day", "holiday_in", "worked_in"),
    [
        ("2026-04-03", ("57", "67", "68"), ("54", "88", "31")),
        ("2025-12-26", ("57", "67", "68"), ("70", "975")),
        ("2026-04-27", ("976",), ("974", "31")),
        ("2026-05-22", ("972",), ("971", "31")),
        ("2026-05-27", ("971",), ("972", "2A")),
        ("2026-05-28", ("978",), ("977", "31")),
        ("2026-06-10", ("973",), ("971", "31")),
        ("2026-10-09", ("977",), ("978", "31")),
        ("2027-12-20", ("974",), ("976", "31")),
        ("2026-07-29", ("986",), ("987", "31")),
        ("2026-11-20", ("987",), ("988", "31")),
        ("2026-09-24", ("988",), ("987", "31")),
    ],
)
def test_some_days_are_holidays_in_some_departements_alone(
    day: str, holiday_in: tuple[str, ...], worked_in: tuple[str, ...]
) -> None:
    assert not any(worked(day, departement) for departement in holiday_in)
    assert all(worked(day, departement) for departement in worked_in)


@pytest.mark.parametrize(
    ("received", "due_at"),
    [
        ("2026-11-23 10:00", "2026-11-30 10:00"),
        ("2026-11-27 17:30", "2026-12-04 17:30"),
        ("2026-11-28 17:30", "2026-12-07 00:00"),
        ("2026-12-22 09:00", "2026-12-30 09:00"),
        ("2026-12-25 09:00", "2027-01-05 00:00"),
        ("2026-03-27 02:30", "2026-04-03 02:30"),
        ("2026-10-23 02:30", "2026-10-30 02:30"),
    ],
)
def test_five_working_days_end_at_the_same_time_of_the_clock(received: str, due_at: str) -> None:
    assert due(received) == due_at


def test_in_alsace_good_friday_is_no_working_day() -> None:
    assert due("2026-04-02 09:00", 1) == "2026-04-03 09:00"
    assert due("2026-04-02 09:00", 1, "67") == "2026-04-07 09:00"


@given(
    st.integers(0, 6 * 365 * 24 * 60).map(lambda minutes: FIRST + timedelta(minutes=minutes)),
    st.integers(1, 20),
    st.sampled_from([*METROPOLITAN, *OVERSEAS]),
    st.sampled_from(ZONES),
)
def test_what_falls_due_does_so_on_a_working_day_and_never_too_soon(
    at: datetime, days: int, departement: str, zone: str
) -> None:
    found = after_working_days(at, days, departement, zone)
    local, began = found.astimezone(ZoneInfo(zone)), at.astimezone(ZoneInfo(zone)).date()
    assert is_worked(local.date(), departement)
    between = [began + timedelta(days=n) for n in range(1, (local.date() - began).days + 1)]
    counted = sum(is_worked(day, departement) for day in between)
    assert counted == days + (not is_worked(began, departement))
    # A change of clocks moves it by no more than that hour.
    assert after_working_days(at + timedelta(hours=2), days, departement, zone) >= found


def accept_by(urgency: Urgency, since: datetime) -> datetime:
    return TERMS.due_at(DeadlineKind.TO_BE_ACCEPTED, urgency, since, ("31", PARIS))


def test_what_cannot_wait_is_counted_around_the_clock() -> None:
    saturday = MONDAY - timedelta(days=2)
    assert accept_by(Urgency.IMMEDIATE, saturday) == saturday + HOUR
    assert accept_by(Urgency.URGENT, saturday) == saturday + 24 * HOUR
    assert accept_by(Urgency.STANDARD, MONDAY) == MONDAY + 168 * HOUR


def test_a_departement_may_count_otherwise() -> None:
    here = TermsHere(to_be_accepted=Spans(**dict.fromkeys(("immediate", "urgent", "standard"), Span(seconds=60))))
    of_31 = TERMS.here(here)
    assert of_31.due_at(DeadlineKind.TO_BE_ACCEPTED, Urgency.STANDARD, MONDAY, ("31", PARIS)) == MONDAY + HOUR / 60
    assert of_31.first_contact == TERMS.first_contact


@pytest.mark.parametrize("counted", [{}, {"seconds": 1, "working_days": 1}, {"seconds": 0}, {"working_days": 61}])
def test_a_delay_is_counted_in_one_way(counted: dict[str, int]) -> None:
    with pytest.raises(ValidationError):
        Span(**counted)


def test_whatever_the_library_lacks_is_mapped() -> None:
    assert {code for code in OVERSEAS if code in SUBDIVISIONS} == set(OVERSEAS)
