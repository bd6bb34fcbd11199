"""What the log shows to whom."""

from uuid import uuid4

import orjson
import pytest

from services.audit.domain.tiles import leaves_of
from shared.contracts.vocabulary import Purpose
from tests.audit.bench import Bench
from tests.audit.builders import ours, stations
from tests.audit.doors import a_visitor

REPORTS, CASES = "station.reports.police", "relais.cases"


async def a_log_of(bench: Bench, reports: int) -> None:
    async with bench.sequencing() as reading:
        for _ in range(reports):
            await bench.send(REPORTS, stations())
        await reading.drain()


async def test_anybody_may_fetch_what_proves_the_log(bench: Bench) -> None:
    await a_log_of(bench, 3)
    async with a_visitor(bench) as visitor:
        checkpoint, tile = await visitor.get("/checkpoint"), await visitor.get("/tile/0/000.p/3")
    assert checkpoint.text.split("\n")[1] == "3"
    assert checkpoint.headers["content-type"] == "text/plain; charset=utf-8"
    assert checkpoint.headers["cache-control"] == "no-cache"
    assert (len(tile.content), "immutable" in tile.headers["cache-control"]) == (96, True)


async def test_a_part_of_a_tile_is_served_at_any_size_the_log_once_had(bench: Bench) -> None:
    await a_log_of(bench, 260)
    async with a_visitor(bench) as visitor:
        whole = (await visitor.get("/tile/0/000")).content
        parts = [(await visitor.get(f"/tile/0/000.p/{width}")).content for width in (1, 77, 255)]
        above = (await visitor.get("/tile/1/000.p/1")).content
    assert (len(whole), len(above)) == (8192, 32)
    assert all(whole.startswith(part) for part in parts)


@pytest.mark.parametrize(
    "path", ["tile/0/000", "tile/0/000.p/4", "tile/0/001.p/1", "tile/1/000.p/1", "tile/64/000", "tile/0/0", "tile/x"]
)
async def test_what_no_checkpoint_covers_is_not_there(bench: Bench, path: str) -> None:
    await a_log_of(bench, 3)
    async with a_visitor(bench) as visitor:
        answer = await visitor.get(f"/{path}")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
    assert answer.json()["type"] == "/problems/not-found"


async def test_an_empty_log_has_no_checkpoint_yet(bench: Bench) -> None:
    async with a_visitor(bench) as visitor:
        assert (await visitor.get("/checkpoint")).status_code == 404


@pytest.mark.parametrize(
    ("roles", "status"), [((), 401), (("iscg",), 403), (("log-auditor",), 200), (("witness",), 200)]
)
async def test_lines_are_for_auditors_and_witnesses_only(bench: Bench, roles: tuple[str, ...], status: int) -> None:
    await a_log_of(bench, 3)
    async with a_visitor(bench, *roles) as visitor:
        answer = await visitor.get("/tile/entries/000.p/3")
    assert answer.status_code == status
    assert status != 200 or [orjson.loads(leaf)["src"][2] for leaf in leaves_of(answer.content)] == [0, 1, 2]


async def a_case(bench: Bench) -> str:
    """A report and the case it became, in the log. Returns the case's id."""
    report, case = str(uuid4()), str(uuid4())
    async with bench.sequencing() as reading:
        await bench.send(REPORTS, stations(ce_subject=report))
        await reading.drain()
        opened = ours(ce_type="case.opened.v1", ce_id=str(uuid4()), ce_subject=case, ce_correlationid=case)
        await bench.send(CASES, opened, orjson.dumps({"report_id": report}))
        await reading.drain()
    return case


async def test_an_auditor_finds_a_case_from_its_report_on(bench: Bench) -> None:
    await a_case(bench)
    case = await a_case(bench)
    async with a_visitor(bench, "log-auditor") as auditor:
        found = (await auditor.get("/v1/entries", params={"case": case, "purpose": Purpose.AUDIT})).json()
    assert [entry["leaf"]["type"] for entry in found["entries"]] == ["station.report-submitted.v1", "case.opened.v1"]
    assert (found["size"], found["after"]) == (4, None)


async def test_a_search_is_saved_before_it_is_answered(bench: Bench) -> None:
    case = await a_case(bench)
    async with a_visitor(bench, "log-auditor") as auditor:
        await auditor.get("/v1/entries", params={"case": case, "purpose": Purpose.AUDIT})
    row = await bench.database["outbox"].find_one({"topic": "relais.access"})
    body = orjson.loads(row["bytes"])
    assert (body["purpose"], body["count"], row["headers"]["ce_correlationid"]) == ("audit", 2, case)
    assert row["headers"]["ce_authid"] and case not in row["bytes"].decode()


@pytest.mark.parametrize(
    "params", [{}, {"case": "Oddname", "purpose": "audit"}, {"case": str(uuid4()), "purpose": "x"}]
)
async def test_a_search_without_a_case_and_a_purpose_is_refused(bench: Bench, params: dict[str, str]) -> None:
    async with a_visitor(bench, "log-auditor") as auditor:
        answer = await auditor.get("/v1/entries", params=params)
    assert answer.status_code == 422 and "Oddname" not in answer.text
    assert await bench.database["outbox"].count_documents({}) == 0
