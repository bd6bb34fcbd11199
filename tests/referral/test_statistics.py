"""The numbers that the ministry lacks: what is counted, and that no small count is told."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymongo import AsyncMongoClient

from services.referral.counting import read_year
from services.referral.domain.case import Case, open_case
from services.referral.domain.following import Interview
from services.referral.domain.statistics import Counted, Delay, Table, counted, delays, tables
from services.referral.domain.suppression import TOTAL
from services.referral.handlers import book_of
from services.referral.migrations import MIGRATIONS
from services.referral.store import CASES, COUNTED
from shared.contracts.events import ReportAccepted, ReportCorrected, ReportWithdrawn
from shared.contracts.ids import NAMESPACE
from shared.contracts.report import CaseFile, KnownBy, Minors
from shared.contracts.vocabulary import DurationBand, InterviewPlace, WithdrawalReason
from shared.delivery.migrations import migrate
from shared.delivery.shelf import Tracked
from tests.referral.builders import CASE, REPORT, STATION, TERMS, Desk, a_file, a_post, a_report

TODAY = date(2026, 11, 23)
HIDDEN_BELOW = 5


def blind(case_id: UUID) -> UUID:
    return uuid5(NAMESPACE, f"blind {case_id}")


def handle(desk: Desk, report: ReportAccepted | ReportCorrected | ReportWithdrawn) -> None:
    book_of(TERMS, blind).pages[type(report)].handle(report, desk.work())


def a_row(departement: str = "31", **changes: Any) -> Counted:
    row = counted(a_file(), TODAY, departement, is_known=False)
    assert row
    return row.model_copy(update=changes)


def the_row(desk: Desk, case_id: UUID = CASE) -> Counted:
    row = desk.work().get(COUNTED, blind(case_id))
    assert row
    return row


def table(name: str, rows: list[Counted]) -> Table:
    return next(each for each in tables(rows, HIDDEN_BELOW) if each.dimension == name)


def test_a_report_is_counted_under_an_id_that_names_no_case() -> None:
    desk = Desk(a_post())
    handle(desk, a_report(a_file().model_copy(update={"minors": Minors(count=1)})))
    row = the_row(desk)
    assert (row.month, row.departement, row.minors, row.is_known) == ("2026-11", "31", True, False)
    assert not {"id", "case_id", "report_id", "station"} & set(Counted.model_fields)
    assert desk.work().get(COUNTED, CASE) is None


def test_a_test_enters_no_statistic() -> None:
    desk = Desk(a_post())
    handle(desk, a_report().model_copy(update={"test": True}))
    assert desk.work().get(COUNTED, blind(CASE)) is None


def test_what_is_corrected_is_counted_as_it_is_now_and_what_was_a_mistake_not_at_all() -> None:
    desk = Desk(a_post())
    handle(desk, a_report())
    corrected = a_report(a_file().model_copy(update={"penal": False}))
    handle(desk, ReportCorrected(**{name: getattr(corrected, name) for name in type(corrected).model_fields}))
    assert not the_row(desk).penal
    members: dict[str, Any] = {"case_id": CASE, "report_id": REPORT, "station": STATION, "integrator": "police"}
    handle(desk, ReportWithdrawn(revision=3, reason=WithdrawalReason.DUPLICATE, **members))
    assert not the_row(desk).counts
    assert table("sex", [the_row(desk)]).lines[-1].counts[TOTAL] == 0


def test_who_was_reported_before_is_counted_as_known() -> None:
    desk, known = Desk(a_post()), a_file().model_copy(update={"known_by": KnownBy(names=("a" * 64,))})
    for n in (1, 2):
        case, report = UUID(int=100 + n), UUID(int=200 + n)
        handle(desk, a_report(known).model_copy(update={"case_id": case, "report_id": report}))
    assert [the_row(desk, UUID(int=100 + n)).is_known for n in (1, 2)] == [False, True]


def test_a_table_has_a_line_for_each_departement_and_its_totals() -> None:
    rows = [*(a_row() for _ in range(20)), *(a_row("09") for _ in range(10))]
    lines = {each.departement: each.counts for each in table("sex", rows).lines}
    assert lines["31"]["unknown"] == lines["31"][TOTAL] == 20
    assert lines[TOTAL][TOTAL] == 30


def test_a_small_count_is_hidden_and_cannot_be_subtracted() -> None:
    rows = [*(a_row() for _ in range(20)), *(a_row("09") for _ in range(10)), *(a_row("09", sex="F") for _ in range(2))]
    lines = {each.departement: each.counts for each in table("sex", rows).lines}
    assert lines["09"]["F"] is None
    assert sum(count is None for count in lines["09"].values()) >= 2


def test_an_empty_year_is_shown_as_nothing() -> None:
    assert all(each.lines[-1].counts[TOTAL] == 0 for each in tables([], HIDDEN_BELOW))


HOURS = st.lists(st.builds(Delay, st.sampled_from(["31", "09"]), st.integers(0, 10**6).map(float), st.booleans()))


@given(HOURS)
def test_of_few_nothing_is_told(found: list[Delay]) -> None:
    shown = {each.departement: each for each in delays(found, HIDDEN_BELOW)}
    for code in ("31", "09"):
        number = sum(each.departement == code for each in found)
        if 0 < number < HIDDEN_BELOW:
            assert shown[code].number is shown[code].median_seconds is None


def test_half_and_nine_tenths_of_those_who_waited_are_told() -> None:
    everywhere = delays([Delay("31", float(n), n <= 60) for n in range(1, 101)], HIDDEN_BELOW)[-1]
    assert (everywhere.number, everywhere.median_seconds, everywhere.share_in_time) == (100, 50, 0.6)
    assert 89 <= (everywhere.p90_seconds or 0) <= 92


async def test_a_year_is_read_from_what_was_kept(mongo: AsyncMongoClient[dict[str, Any]], namespace: str) -> None:
    database = mongo[f"{namespace}_statistics"]
    await migrate(database, MIGRATIONS)
    for n in range(6):
        await database[COUNTED.name].insert_one(Tracked((COUNTED, str(n)), a_row(), rev=1).document())
        case = a_followed_case(n)
        await database[CASES.name].insert_one(Tracked((CASES, str(case.id)), case, rev=1).document())
    found = await read_year(database, 2026, TERMS, HIDDEN_BELOW)
    assert found == await read_year(database, 2026, TERMS, HIDDEN_BELOW)
    assert table("role", [a_row()] * 6) in found.tables
    contacts = found.to_first_contact[-1]
    assert (contacts.number, contacts.median_seconds, contacts.share_in_time) == (6, 7200, 1.0)
    assert (await read_year(database, 2025, TERMS, HIDDEN_BELOW)).to_first_contact[-1].number == 0


def a_followed_case(n: int) -> Case:
    """A case whose person was seen two hours after she was reported."""
    received_at = datetime(2026, 11, 23, 9, tzinfo=UTC)
    at = received_at + timedelta(hours=2)
    seen = Interview(id=UUID(int=n), at=at, place=InterviewPlace.OFFICE, duration=DurationBand.OVER_60)
    return open_case(a_report(case_id=UUID(int=500 + n))).model_copy(update={"interviews": (seen,)})


@pytest.mark.parametrize("file", [a_file(), a_file().model_copy(update={"persons": ()})])
def test_only_a_report_about_somebody_is_counted(file: CaseFile) -> None:
    assert (counted(file, TODAY, "31", is_known=False) is None) == (not file.persons)
