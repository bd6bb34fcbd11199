"""The numbers that the ministry lacks: what is counted, and that no small count is told."""

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymongo import AsyncMongoClient

from services.referral.counting import Counts, count_year
from services.referral.domain.case import Merge, open_case
from services.referral.domain.dossier import Dossier
from services.referral.domain.following import Interview
from services.referral.domain.referrals import Referral, ReferralState
from services.referral.domain.states import CaseState
from services.referral.domain.statistics import (
    Counted,
    Met,
    Orientation,
    counted,
    tallies_of_interviews,
    tallies_of_referrals,
    tallies_of_reports,
)
from services.referral.domain.suppression import TOTAL
from services.referral.domain.yearbook import Delay, Delays, Table, Tally, Waits, Year, tables
from services.referral.migrations import MIGRATIONS
from services.referral.publishing import TITLES, as_csv, as_page
from services.referral.store import CASES, COUNTED, DOSSIERS, MARKS, PARTNERS, POSTS, Marks
from services.referral.yearbooks import NotPublished, Yearbooks
from shared.contracts.report import CaseFile, KnownBy
from shared.contracts.vocabulary import DurationBand, InterviewPlace, LegalGround, PartnerType
from shared.delivery.migrations import migrate
from shared.delivery.shelf import Tracked
from shared.vault import MasterFiles, Plain, Vault, new_master
from shared.vault import migrate as migrate_vault
from tests.referral.builders import HOUR, MONDAY, TERMS, a_file, a_partner, a_post, a_report

TODAY = date(2026, 11, 23)
HIDDEN_BELOW = 5


def a_row(departement: str = "31", **changes: Any) -> Counted:
    row = counted(a_file(), TODAY, departement, is_known=False)
    assert row
    return row.model_copy(update=changes)


def all_tables(*groups: Sequence[Tally], threshold: int = HIDDEN_BELOW) -> list[Table]:
    return [each for group in groups for each in tables(group, threshold)]


def table(name: str, rows: list[Counted]) -> Table:
    return next(each for each in all_tables(*tallies_of_reports(rows)) if each.dimension == name)


def delays(found: Iterable[Delay], threshold: int) -> tuple[Delays, ...]:
    waits = Waits()
    for each in found:
        waits.add(each)
    return waits.delays(threshold)


async def a_year(counts: Counts, year: int = 2026, threshold: int = HIDDEN_BELOW) -> Year:
    return await count_year(counts, year, TERMS, threshold, now=MONDAY)


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
    assert all(each.lines[-1].counts[TOTAL] == 0 for each in all_tables(*tallies_of_reports([])))


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


@pytest.fixture
async def counts(
    mongo: AsyncMongoClient[dict[str, Any]], namespace: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Counts]:
    """An empty database of referral, and a vault that opens files."""
    (tmp_path / "file").write_bytes(new_master())
    monkeypatch.setenv("RELAIS_MASTER_FILE_FILE", str(tmp_path / "file"))
    made, vaults = (mongo[f"{namespace}_{tmp_path.name}_{name}"] for name in ("referral", "vault"))
    await migrate(made, MIGRATIONS)
    await migrate_vault(vaults)
    vault = Vault(vaults, MasterFiles().read(("file",)))
    yield Counts(made, vault)
    await vault.close()


async def keep(counts: Counts, n: int, file: CaseFile, **changes: Any) -> None:
    """A case of 2026 whose person was seen two hours after she was reported, and its sealed file."""
    received_at = datetime(2026, 11, 23, 9, n, tzinfo=UTC)
    seen = Interview(
        id=UUID(int=n), at=received_at + 2 * HOUR, place=InterviewPlace.OFFICE, duration=DurationBand.OVER_60
    )
    report = a_report(case_id=UUID(int=500 + n), received_at=received_at)
    case = open_case(report).model_copy(update={"interviews": (seen,)} | changes)
    [sealed] = await counts.vault.seal_many([Plain("file", str(case.id), file.model_dump_json().encode())])
    dossier, names = Dossier(file=b64encode(sealed).decode()), file.known_by.names if file.known_by else ()
    for shelf, state in ((CASES, case), (DOSSIERS, dossier), (MARKS, Marks(marks=names))):
        await counts.database[shelf.name].insert_one(Tracked((shelf, str(case.id)), state, rev=1).document())


async def test_a_year_is_counted_from_sealed_files_and_from_what_erased_cases_left(counts: Counts) -> None:
    for n in range(6):
        await keep(counts, n, a_file())
    await counts.database[COUNTED.name].insert_one(Tracked((COUNTED, "left"), a_row(), rev=1).document())
    found = await a_year(counts)
    assert found == await a_year(counts)
    assert table("role", [a_row()] * 7) in found.tables
    contacts = found.to_first_contact[-1]
    assert (contacts.number, contacts.median_seconds, contacts.share_in_time) == (6, 7200, 1.0)
    assert (await a_year(counts, 2025)).to_first_contact[-1].number == 0


async def test_neither_a_test_nor_a_mistake_is_counted_and_who_came_again_is_known(counts: Counts) -> None:
    known = a_file().model_copy(update={"known_by": KnownBy(names=("a" * 64,))})
    await keep(counts, 1, known)
    await keep(counts, 2, known)
    await keep(counts, 3, a_file(), test=True)
    await keep(counts, 4, a_file(), state=CaseState.CANCELLED)
    await keep(counts, 5, a_file(), merge=Merge(into=UUID(int=501), merged_at=MONDAY))
    found = await a_year(counts, threshold=1)
    lines = {each.dimension: each.lines[-1].counts for each in found.tables}
    assert lines["known"] == {"yes": 1, "no": 1, TOTAL: 2}
    interviews = {"test": 0, "mistake": 0, "duplicate": 1, "others": 2}
    assert lines["interview_place"][TOTAL] == sum(interviews.values())


async def test_a_file_that_is_erased_meanwhile_is_left_out(counts: Counts) -> None:
    await keep(counts, 1, a_file())
    await counts.vault.forget("file", str(UUID(int=501)))
    found = await a_year(counts, threshold=1)
    assert found.tables[0].lines[-1].counts[TOTAL] == 0


@pytest.mark.parametrize("file", [a_file(), a_file().model_copy(update={"persons": ()})])
def test_only_a_report_about_somebody_is_counted(file: CaseFile) -> None:
    assert (counted(file, TODAY, "31", is_known=False) is None) == (not file.persons)


def test_referrals_are_counted_by_partner_outcome_and_what_they_rest_on() -> None:
    told = Orientation("31", PartnerType.CRIP, LegalGround.MINOR_IN_DANGER, ReferralState.ACCEPTED)
    agreed = Orientation("31", PartnerType.CIDFF, None, ReferralState.REFUSED)
    found = {
        each.dimension: each.lines[0].counts for each in all_tables(tallies_of_referrals([told] * 6 + [agreed] * 7))
    }
    assert found["orientation"]["crip"] == found["orientation_outcome"]["accepted"] == 6
    assert found["orientation_rests_on"] == {**found["orientation_rests_on"], "minor-in-danger": 6, "consent": 7}


def test_interviews_are_counted_by_place_and_duration() -> None:
    met = Met("31", InterviewPlace.OFFICE, DurationBand.OVER_60)
    found = {each.dimension: each.lines[0].counts for each in all_tables(tallies_of_interviews([met] * 5))}
    assert found["interview_place"]["office"] == found["interview_duration"]["over-60"] == 5


def test_a_share_by_which_few_could_be_counted_is_not_told() -> None:
    late = [Delay("31", 9.0, in_time=False)]
    shown = delays([Delay("31", 1.0, in_time=True)] * 20 + late, HIDDEN_BELOW)
    assert [(each.number, each.share_in_time) for each in shown] == [(21, None), (21, None)]


async def test_a_year_counts_referrals_interviews_coverage_and_waits_since_the_station_knew(counts: Counts) -> None:
    sent = Referral(id=UUID(int=9), partner_id="partner-h7q2", answer_by=MONDAY)
    partner = a_partner(PartnerType.CIDFF)
    await counts.database[PARTNERS.name].insert_one(Tracked((PARTNERS, partner.id), partner, rev=1).document())
    await counts.database[POSTS.name].insert_one(Tracked((POSTS, "post-1"), a_post(), rev=1).document())
    for n in range(6):
        received = datetime(2026, 11, 23, 9, n, tzinfo=UTC)
        await keep(counts, n, a_file(), referrals=(sent,), taken_at=received - HOUR)
    found = await a_year(counts)
    totals = {each.dimension: each.lines[-1].counts for each in found.tables}
    assert (totals["orientation"]["cidff"], totals["interview_place"]["office"]) == (6, 6)
    assert found.to_first_contact[-1].median_seconds == 2 * 3600
    assert found.to_first_contact_since_taken[-1].median_seconds == 3 * 3600
    assert [(each.departement, each.posts, each.reaches_goal) for each in found.coverage] == [("31", 1, False)]


async def test_a_year_is_written_for_spreadsheets_and_for_print(counts: Counts) -> None:
    for n in range(7):
        await keep(counts, n, a_file())
    await keep(counts, 7, a_file(), departement="09")
    found = await a_year(counts)
    lines = as_csv(found).splitlines()
    assert lines[0] == "table,departement,value,count"
    assert "role,09,victim,hidden" in lines and "role,31,suspect,0" in lines
    page = as_page(found)
    for text in ("Qualité au regard des faits", "Victime", "<svg", "Postes et permanences", 'lang="fr"'):
        assert text in page
    assert set(TITLES) == {each.dimension for each in found.tables}


async def unheard() -> None:
    """A log that nobody reads."""


OVER = datetime(2027, 2, 1, 9, tzinfo=UTC)
"""When 2026 can be published."""


async def test_the_log_knows_before_files_are_opened_to_be_counted(counts: Counts) -> None:
    async def refuse() -> None:
        raise ConnectionError

    await keep(counts, 1, a_file())
    await counts.vault.forget("file", str(UUID(int=501)))
    with pytest.raises(ConnectionError):
        await Yearbooks(counts, TERMS, HIDDEN_BELOW, refuse).publish(2026, OVER)


async def test_a_year_that_is_not_over_is_shown_to_nobody(counts: Counts) -> None:
    yearbooks = Yearbooks(counts, TERMS, HIDDEN_BELOW, unheard)
    for early in (MONDAY, OVER - 12 * HOUR):
        with pytest.raises(NotPublished, match="2027-02-01"):
            await yearbooks.publish(2026, early)
        await yearbooks.publish_due(early)
        with pytest.raises(NotPublished, match="2027-02-01"):
            await yearbooks.read(2026)


async def test_whoever_subtracts_publications_learns_nothing_for_there_is_one(counts: Counts) -> None:
    """Each read of each year around each report, under whatever threshold: the same numbers, or none."""
    seen = set[str]()
    for n in range(8):
        await keep(counts, n, a_file())
        for now in (MONDAY, OVER + n * 24 * HOUR):
            for threshold in (1, HIDDEN_BELOW, 9):
                with suppress(NotPublished):
                    found = await Yearbooks(counts, TERMS, threshold, unheard).publish(2026, now)
                    seen.add(found.model_dump_json())
    assert len(seen) == 1


async def test_of_several_instances_one_publishes_and_only_once(counts: Counts) -> None:
    noted = list[int]()

    async def note() -> None:
        noted.append(1)

    instances = [Yearbooks(counts, TERMS, HIDDEN_BELOW, note) for _ in range(3)]
    for _ in range(2):
        await asyncio.gather(*(instance.publish_due(OVER) for instance in instances))
    assert len(noted) == 3, "2024, 2025 and 2026, once each"
    assert (await instances[0].read(2026)).year == 2026


async def test_a_report_counts_in_the_year_in_which_it_was_received_where_she_is(counts: Counts) -> None:
    new_year = datetime(2027, 1, 1, 3, tzinfo=UTC)
    await keep(counts, 1, a_file(), received_at=new_year, zone="America/Martinique")
    await keep(counts, 2, a_file(), received_at=new_year, zone="Europe/Paris")
    totals = [(await a_year(counts, year, threshold=1)).tables[0].lines[-1].counts[TOTAL] for year in (2026, 2027)]
    assert totals == [1, 1]
