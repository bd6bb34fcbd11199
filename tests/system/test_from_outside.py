"""A report's journey as its station, its ISCG, its partner and an auditor see it, from the public documents alone."""

import ast
import asyncio
import json
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from tests.system.outside import Json, Outside, Station

HERE = Path(__file__).parent
CONTENT: Json = json.loads((HERE.parents[1] / "docs/stations/examples/content.json").read_text())


@pytest.fixture
def station(relais: Outside) -> Station:
    return Station(relais)


@pytest.fixture(scope="module")
async def taken(relais: Outside) -> Json:
    """A report that was accepted: its clear part, its place and its receipt."""
    station = Station(relais)
    report = await station.report(CONTENT)
    place = await station.send(report)
    return {"report": report, "place": place, "receipt": await relais.receipt_of(place)}


async def log_lines(relais: Outside) -> list[Json]:
    """Every line of the log, as an auditor reads them."""
    size = int((await relais.ask("GET", "audit", "/checkpoint")).raise_for_status().text.split("\n")[1])
    lines: list[Json] = []
    why = {"purpose": "audit", "justification": "Every line is read"}
    opened = await relais.ask("POST", "audit", "/v1/consultations", "log-auditor", json=why)
    under = {"consultation": opened.raise_for_status().json()["consultation_id"]}
    for tile in range(0, size, 256):
        width = min(256, size - tile)
        name = f"{tile // 256:03}" + ("" if width == 256 else f".p/{width}")
        answer = await relais.ask("GET", "audit", f"/tile/entries/{name}", "log-auditor", params=under)
        bundle = answer.raise_for_status().content
        while bundle:
            length = int.from_bytes(bundle[:2], "big")
            lines.append(json.loads(bundle[2 : 2 + length]))
            bundle = bundle[2 + length :]
    return lines


async def test_a_valid_report_gets_a_receipt_that_proves_what_was_taken(taken: Json, station: Station) -> None:
    receipt = taken["receipt"]
    assert (receipt["outcome"], receipt["standing"]) == ("accepted", "received")
    assert receipt["report_id"] == taken["report"]["report_id"]
    assert {"17", "115", "3919"} <= set(receipt["numbers"])
    await station.check_signature(receipt)


async def test_the_same_report_sealed_anew_gets_the_same_signed_receipt(
    relais: Outside, station: Station, taken: Json
) -> None:
    place = await station.send({**taken["report"], "sealed": await station.seal(CONTENT)})
    assert (await relais.receipt_of(place))["jws"] == taken["receipt"]["jws"]


async def test_another_content_under_a_taken_id_is_refused(relais: Outside, station: Station, taken: Json) -> None:
    other = await station.seal({**CONTENT, "note": "Something else."})
    receipt = await relais.receipt_of(await station.send({**taken["report"], "sealed": other}))
    assert (receipt["outcome"], receipt["reason"]) == ("rejected", "report-id-reused")


async def test_every_fault_of_a_report_is_named_at_once(relais: Outside, station: Station) -> None:
    faulty = await station.report({**CONTENT, "penal": "yes", "minors": {"count": -1, "witnessed": True}})
    receipt = await relais.receipt_of(await station.send({**faulty, "urgency": "soon"}))
    assert receipt["reason"] == "invalid"
    assert {"/urgency", "/content/penal", "/content/minors/count"} <= {fault["pointer"] for fault in receipt["faults"]}


async def test_a_station_that_is_not_known_or_not_ones_own_is_refused(relais: Outside, station: Station) -> None:
    reasons = []
    for code in ("GN-99-0001", "PN-31-0001"):
        place = await station.send(await station.report(CONTENT, station=code))
        reasons.append((await relais.receipt_of(place))["reason"])
    assert reasons == ["unknown-station", "station-not-allowed"]


@pytest.mark.parametrize(
    ("value", "headers", "reason"),
    [
        (b"{", None, "not-json"),
        (None, None, "null-value"),
        (b"{}", {"ce_id": None}, "missing-header"),
        (b"{}", {"ce_type": "station.report-submitted.v9"}, "unknown-version"),
    ],
)
async def test_rubbish_is_set_aside_and_shown_to_an_operator(
    relais: Outside, station: Station, value: bytes | None, headers: Any, reason: str
) -> None:
    place = await station.send(value, headers)

    async def look() -> Json | None:
        rows = (await relais.ask("GET", "intake", "/v1/set-aside", "operator")).raise_for_status().json()
        return next((row for row in rows if row["place"] == place), None)

    assert (await relais.until_asked(look))["reason"] == reason
    good = await relais.receipt_of(await station.send(await station.report(CONTENT)))
    assert good["outcome"] == "accepted"


async def test_an_integrator_follows_its_own_report_and_nobody_elses(relais: Outside, taken: Json) -> None:
    path = f"/v1/reports/{taken['report']['report_id']}"
    own = await relais.ask("GET", "intake", path, "gendarmerie")
    assert own.json()["standing"] in ("received", "taken-in-charge")
    assert (await relais.ask("GET", "intake", path, "police")).status_code == 404
    assert (await relais.ask("GET", "intake", path)).status_code == 401


async def test_the_social_worker_is_told_accepts_and_the_station_learns_it(relais: Outside, station: Station) -> None:
    told_before = set(links(relais, "iscg"))
    report = await station.report(CONTENT)
    await relais.receipt_of(await station.send(report))
    link = await relais.until(lambda: next(iter(set(links(relais, "iscg")) - told_before), None))
    case = urlsplit(link).path
    shown = (await relais.ask("GET", "referral", case, "coordinator-31")).raise_for_status()
    iscg = shown.json()["assignments"][-1]["iscg_id"]
    headers = {"if-match": shown.headers["etag"], "idempotency-key": str(uuid4())}
    accepted = await relais.ask("POST", "referral", f"{case}/acceptance", iscg, headers=headers)
    assert accepted.raise_for_status().json()["state"] == "accepted"
    await station.check_signature(await relais.until(lambda: news(relais, report["report_id"], "taken-in-charge")))


async def test_who_opens_an_identity_is_a_line_of_the_log_before_it_is_shown(relais: Outside, taken: Json) -> None:
    link = await relais.until(lambda: next(iter(links(relais, "iscg")), None))
    case = urlsplit(link).path
    iscg = (await relais.ask("GET", "referral", case, "coordinator-31")).json()["assignments"][-1]["iscg_id"]
    assert "EXAMPLE" not in (await relais.ask("GET", "referral", case, iscg)).text
    reason = {"purpose": "first-contact", "justification": "The person is to be called today."}
    opened = await relais.ask("POST", "referral", f"{case}/openings", iscg, json=reason)
    assert "EXAMPLE" in opened.text

    async def look() -> Json | None:
        lines = await log_lines(relais)
        about = [line for line in lines if line["type"] == "access.personal-data-consulted.v1"]
        return next((line for line in about if line["subject"] == case.rpartition("/")[2]), None)

    line = await relais.until_asked(look)
    assert (line["op"], line["why"]) == ("consultation", "first-contact")
    assert "EXAMPLE" not in json.dumps(line)


async def test_the_partner_is_told_by_a_mail_that_names_nobody(relais: Outside, taken: Json) -> None:
    def look() -> bool | None:
        return any("cidff" in mail["To"] for mail in relais.mails()) or None

    assert await relais.until(look)
    assert not any("EXAMPLE" in mail.as_string() for mail in relais.mails())


async def test_an_auditors_own_tool_finds_that_the_log_holds(relais: Outside, taken: Json) -> None:
    command = [sys.executable, str(HERE / "verify_log.py"), relais.places["audit"], relais.places["log key"]]
    command += ["--token", relais.token("log-auditor")]
    done = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    said, _ = await done.communicate()
    assert done.returncode == 0, said.decode()


def test_nothing_here_imports_anything_of_relais() -> None:
    imported = {
        name for path in HERE.glob("*.py") for node in ast.walk(ast.parse(path.read_text())) for name in _imports(node)
    }
    ours = {name for name in imported if name.partition(".")[0] in ("shared", "services", "cli", "deploy", "tests")}
    assert ours <= {"tests.system.outside"}


def _imports(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [each.name for each in node.names]
    return [node.module or ""] if isinstance(node, ast.ImportFrom) else []


def links(relais: Outside, role: str) -> list[str]:
    """Where the mails to these people lead."""
    plain = [mail.get_body(("plain",)) for mail in relais.mails() if role in mail["To"]]
    bodies = [str(each.get_content()) for each in plain if each]
    return [word for body in bodies for word in body.split() if word.startswith("http")]


def news(relais: Outside, report_id: str, standing: str) -> Json | None:
    """The receipt that tells a report's station how it stands."""
    about = [each for each in relais.receipts if each.get("report_id") == report_id]
    return next((each for each in about if each.get("standing") == standing), None)
