"""An auditor takes lines along, and whoever gets them checks them alone."""

import asyncio
import csv
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any
from uuid import uuid4
from zipfile import ZipFile

import httpx
import orjson
import pytest

from services.audit import exporting
from tests.audit.bench import Bench
from tests.audit.builders import ORIGIN, stations
from tests.audit.doors import a_visitor
from tests.audit.test_searching import ACTOR, REPORTS, a_case, consultation, some_acceptances
from tests.verify.builders import verified, write


async def exported(auditor: httpx.AsyncClient, *, balp: bool = False, **filter_: Any) -> bytes:
    """The bundle, as soon as it is ready."""
    wish = {"consultation_id": await consultation(auditor), "filter": filter_, "balp": balp}
    begun = await auditor.post("/v1/exports", json=wish)
    assert begun.status_code == 202, begun.text
    address = f"/v1/exports/{begun.json()['export_id']}"
    async with asyncio.timeout(20):
        while (await auditor.get(address)).json()["state"] != "ready":  # noqa: ASYNC110 # the service is another program
            await asyncio.sleep(0.05)
    answer = await auditor.get(f"{address}/bundle")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip")
    return answer.content


async def test_a_bundle_of_a_case_holds_and_says_who_took_it_and_why(bench: Bench, tmp_path: Path) -> None:
    for _ in range(3):
        case = await a_case(bench)
    async with a_visitor(bench, "log-auditor") as auditor:
        archive = await exported(auditor, case=case)
    assert verified(write(tmp_path / "case.zip", archive)) == 0
    with ZipFile(BytesIO(archive)) as bundle:
        manifest, table = orjson.loads(bundle.read("manifest.json")), bundle.read("entries.csv").decode()
    assert (manifest["origin"], manifest["purpose"], manifest["count"]) == (ORIGIN, "audit", 2)
    assert manifest["filter"] == {"case": case} and manifest["by"]
    rows = list(csv.DictReader(StringIO(table)))
    assert [row["type"] for row in rows] == ["station.report-submitted.v1", "case.opened.v1"]
    assert rows[1]["fr"] == f"Le dossier {case} a été ouvert."


async def test_on_wish_each_event_is_told_as_health_software_tells_it(bench: Bench, tmp_path: Path) -> None:
    case = await a_case(bench)
    async with a_visitor(bench, "log-auditor") as auditor:
        archive, plain = await exported(auditor, balp=True), await exported(auditor)
    assert verified(write(tmp_path / "all.zip", archive)) == 0
    with ZipFile(BytesIO(archive)) as bundle, ZipFile(BytesIO(plain)) as without:
        told = [orjson.loads(line) for line in bundle.read("audit-events.ndjson").splitlines()]
        assert "audit-events.ndjson" not in without.namelist()
    lines = await bench.leaves()
    assert [each["id"] for each in told][:2] == [line["id"] for line in lines if line["kind"] == "event"][:2]
    assert [each["meta"]["source"] for each in told][:2] == [f"https://{ORIGIN}#0", f"https://{ORIGIN}#1"]
    assert told[1]["entity"][0]["what"]["identifier"]["value"] == f"urn:uuid:{case}"


async def test_a_large_export_is_collected_in_parts(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "LINES_OF_A_PART", 7)
    monkeypatch.setattr(exporting, "NODES_OF_A_PART", 2)
    await some_acceptances(bench, 30)
    await bench.send(REPORTS, stations())
    await some_acceptances(bench, 30)
    async with a_visitor(bench, "log-auditor") as auditor:
        archive = await exported(auditor, actor=ACTOR)
        everything = await exported(auditor)
    assert verified(write(tmp_path / "actor.zip", archive)) == 0
    assert verified(write(tmp_path / "all.zip", everything)) == 0
    with ZipFile(BytesIO(archive)) as bundle:
        assert bundle.read("entries.jsonl").count(b"\n") == 60


async def test_nobody_fetches_what_another_asked_for(bench: Bench) -> None:
    await some_acceptances(bench, 1)
    async with a_visitor(bench, "log-auditor") as auditor:
        await exported(auditor)
        [export] = await bench.database["exports"].find().to_list()
        await bench.database["exports"].update_one({"_id": export["_id"]}, {"$set": {"by": str(uuid4())}})
        for path in ("", "/bundle"):
            assert (await auditor.get(f"/v1/exports/{export['_id']}{path}")).status_code == 404


async def test_an_export_is_on_the_log_before_it_is_begun(bench: Bench) -> None:
    await some_acceptances(bench, 3)
    async with a_visitor(bench, "log-auditor") as auditor:
        await exported(auditor, actor=ACTOR)
    row = await bench.database["outbox"].find_one({"topic": "relais.access"})
    assert orjson.loads(row["bytes"])["count"] == 3


@pytest.mark.parametrize("wish", [{}, {"filter": {}}, {"consultation_id": str(uuid4()), "filter": {"Oddname": 1}}])
async def test_an_export_without_a_reason_or_with_an_odd_filter_is_refused(bench: Bench, wish: dict[str, Any]) -> None:
    await some_acceptances(bench, 1)
    async with a_visitor(bench, "log-auditor") as auditor:
        answer = await auditor.post("/v1/exports", json=wish)
        foreign = await auditor.post("/v1/exports", json={"consultation_id": str(uuid4()), "filter": {}})
    assert answer.status_code == 422 and "Oddname" not in answer.text
    assert (foreign.status_code, foreign.json()["type"]) == (403, "/problems/no-consultation")
    assert await bench.database["exports"].count_documents({}) == 0


async def test_an_empty_log_has_nothing_to_take_along(bench: Bench) -> None:
    async with a_visitor(bench, "log-auditor") as auditor:
        wish = {"consultation_id": await consultation(auditor), "filter": {}}
        assert (await auditor.post("/v1/exports", json=wish)).status_code == 404
