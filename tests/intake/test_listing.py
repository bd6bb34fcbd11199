"""The list of an integrator's reports: whoever reads on from where he stopped misses nothing."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymongo import AsyncMongoClient

from services.intake.domain.filed import FiledReport
from services.intake.http.cursor import read_cursor, write_cursor
from services.intake.store import REPORTS
from shared.contracts.vocabulary import Standing
from shared.delivery.cause import Cause
from shared.delivery.unit import Work
from shared.web.problems import Problem
from tests.contracts.builders import Json
from tests.intake.builders import T0
from tests.intake.counter import GENDARMERIE, POLICE, Counter, a_clear_report, a_counter, dumped
from tests.web.builders import problem


@pytest.fixture
async def doors(mongo: AsyncMongoClient[dict[str, Any]], namespace: str) -> AsyncIterator[Counter]:
    async with a_counter(mongo[f"{namespace}_intake"], mongo[f"{namespace}_vault"]) as counter:
        yield counter
        await counter.bench.database.client.drop_database(f"{namespace}_intake")


async def handed_in(doors: Counter, many: int) -> list[str]:
    answers = [await doors.hand_in(dumped(a_clear_report())) for _ in range(many)]
    return [answer.json()["report_id"] for answer in answers]


async def page(doors: Counter, since: str = "", limit: int = 100, who: str = GENDARMERIE) -> Json:
    answer = await doors.ask(f"/v1/reports?limit={limit}{f'&since={since}' if since else ''}", who)
    assert answer.status_code == 200
    return dict(answer.json())


async def change(doors: Counter, report_id: str, standing: Standing) -> None:
    def act(work: Work) -> None:
        filed: FiledReport | None = work.get(REPORTS, f"{GENDARMERIE}/{report_id}")
        if filed is not None:
            work.put(REPORTS, f"{GENDARMERIE}/{report_id}", filed.stands(standing))

    await doors.bench.delivery.perform(Cause(uuid4(), T0), act)


async def test_reports_come_page_by_page_each_once(doors: Counter) -> None:
    sent = await handed_in(doors, 5)
    first = await page(doors, limit=2)
    second = await page(doors, first["next"], limit=2)
    third = await page(doors, second["next"], limit=2)
    assert [each["more"] for each in (first, second, third)] == [True, True, False]
    listed = [each["report_id"] for part in (first, second, third) for each in part["reports"]]
    assert sorted(listed) == sorted(sent)
    assert (await page(doors, third["next"]))["reports"] == []
    assert await page(doors, first["next"], limit=2) == second


async def test_a_report_that_stands_differently_comes_again_at_the_end(doors: Counter) -> None:
    sent = await handed_in(doors, 3)
    read = await page(doors)
    await change(doors, sent[0], Standing.TAKEN_IN_CHARGE)
    [again] = (await page(doors, read["next"]))["reports"]
    assert (again["report_id"], again["standing"]) == (sent[0], "taken-in-charge")
    assert [each["report_id"] for each in (await page(doors))["reports"]][-1] == sent[0]


async def test_a_rejected_report_tells_why_and_nothing_of_a_person(doors: Counter) -> None:
    await doors.hand_in(dumped(a_clear_report(urgency="soon")))
    [rejected] = (await page(doors))["reports"]
    assert rejected["reason"] == "invalid"
    assert rejected["faults"] == [{"pointer": "/urgency", "code": "not-in-list"}]
    assert set(rejected) == {"report_id", "revision", "standing", "received_at", "reason", "faults"}


async def test_an_integrator_lists_its_own_reports_and_no_others(doors: Counter) -> None:
    await handed_in(doors, 2)
    assert (await page(doors, who=POLICE))["reports"] == []
    assert problem(await doors.ask("/v1/reports", "nobody-we-know")) == (403, "unknown-integrator")
    assert (await doors.ask("/v1/reports", GENDARMERIE, role="iscg")).status_code == 403


@pytest.mark.parametrize("cursor", ["7", "AAAAAAAAAAE=", "AAAAAAAAAAF", "%00", "é", "__________8", "x" * 60])
async def test_a_cursor_that_is_not_ours_is_refused(doors: Counter, cursor: str) -> None:
    assert problem(await doors.ask(f"/v1/reports?since={cursor}", GENDARMERIE)) == (400, "malformed-cursor")


async def test_a_cursor_from_beyond_the_list_says_to_begin_anew(doors: Counter) -> None:
    answer = await doors.ask(f"/v1/reports?since={write_cursor(10)}", GENDARMERIE)
    assert problem(answer) == (400, "malformed-cursor")


@pytest.mark.parametrize("limit", ["0", "101", "-1", "many", "9" * 400])
async def test_a_page_holds_a_hundred_at_most(doors: Counter, limit: str) -> None:
    answer: httpx.Response = await doors.ask(f"/v1/reports?limit={limit}", GENDARMERIE)
    assert problem(answer) == (422, "invalid-request")


async def test_readers_miss_nothing_while_others_write(doors: Counter) -> None:
    """Three readers, each on its own; eight writers whose transactions overlap."""
    written: dict[str, str] = {}
    is_over = asyncio.Event()

    async def write() -> None:
        for _ in range(6):
            [report_id] = await handed_in(doors, 1)
            written[report_id] = "received"
            if UUID(report_id).int % 2:
                await change(doors, report_id, Standing.CLOSED)
                written[report_id] = "closed"

    async def read() -> dict[str, str]:
        seen, since, is_last = dict[str, str](), "", False
        while True:
            found = await page(doors, since, limit=5)
            seen |= {each["report_id"]: each["standing"] for each in found["reports"]}
            since = found["next"]
            if is_last and not found["more"]:
                return seen
            is_last = is_over.is_set() and not found["more"]

    readers = [asyncio.create_task(read()) for _ in range(3)]
    await asyncio.gather(*(write() for _ in range(8)))
    is_over.set()
    for reader in readers:
        assert await reader == written


@given(st.integers(0, (1 << 63) - 1))
def test_a_cursor_leads_back_to_its_place(place: int) -> None:
    assert read_cursor(write_cursor(place)) == place


@given(st.text(max_size=12))
def test_no_text_that_we_have_not_written_is_a_cursor(text: str) -> None:
    try:
        assert write_cursor(read_cursor(text)) == text
    except Problem as refused:
        assert refused.kind.code == "malformed-cursor"
