"""An auditor finds what a case, a person or a station has to do with, page by page, and leaves a line by looking."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx
import orjson
import pytest

from services.audit.domain.checkpoint import read_checkpoint
from services.audit.domain.exact64 import decoded
from services.audit.domain.merkle import leaf_hash
from services.audit.domain.note import open_note
from services.audit.domain.proof import read_proof
from services.audit.domain.proving import check_consistency, check_inclusion
from services.audit.domain.searching import Filter, Turn
from shared.contracts.vocabulary import Purpose
from shared.web.cursor import write_cursor
from tests.audit.bench import Bench
from tests.audit.builders import a_signer, ours, stations
from tests.audit.doors import a_visitor

REPORTS, CASES, ACCESS = "station.reports.police", "relais.cases", "relais.access"
ACTOR = "5b1f6a7e-0000-8000-8000-00000000000a"
NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
STANDING = ("complete_up_to", "set_aside", "last_anchor")
WHY = {"purpose": Purpose.AUDIT, "justification": "Contrôle annuel du parquet"}


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


@pytest.fixture
async def auditor(bench: Bench) -> AsyncIterator[httpx.AsyncClient]:
    async with a_visitor(bench, "log-auditor") as auditor:
        yield auditor


async def consultation(auditor: httpx.AsyncClient) -> str:
    answer = await auditor.post("/v1/consultations", json=WHY)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["consultation_id"])


async def found(auditor: httpx.AsyncClient, **params: Any) -> dict[str, Any]:
    answer = await auditor.get("/v1/entries", params={"consultation": await consultation(auditor), **params})
    assert answer.status_code == 200, answer.text
    page: dict[str, Any] = answer.json()
    return page


async def some_acceptances(bench: Bench, count: int) -> None:
    """Lines of one actor, a minute apart."""
    for minute in range(count):
        at = f"2026-11-25T10:{minute:02}:00.000Z"
        event = ours(ce_type="case.iscg-accepted.v1", ce_id=str(uuid4()), ce_time=at, ce_authid=ACTOR)
        await bench.send(CASES, event)
    await bench.log_all()


async def test_an_auditor_finds_a_case_from_its_report_on(bench: Bench, auditor: httpx.AsyncClient) -> None:
    await a_case(bench)
    page = await found(auditor, case=await a_case(bench))
    assert [entry["leaf"]["type"] for entry in page["entries"]] == ["station.report-submitted.v1", "case.opened.v1"]
    assert (page["size"], page["total"], page["next"]) == (4, 2, None)


async def test_an_answer_tells_how_the_log_stands(bench: Bench, auditor: httpx.AsyncClient) -> None:
    for type_ in ("delivery.record-set-aside.v1", "delivery.record-set-aside.v1", "delivery.record-discarded.v1"):
        await bench.send(CASES, ours(ce_type=type_, ce_id=str(uuid4())), orjson.dumps({"reason": "not-json"}))
    async with bench.sequencing() as reading:
        await reading.drain()
        before = await found(auditor)
        await reading.writer.beat(NOON)
    await bench.database["cosignatures"].insert_one({"_id": {"size": 4, "witness": "w"}, "line": "— w AAAA"})
    after = await found(auditor)
    assert [before[name] for name in STANDING] == [None, 1, None]
    assert [after[name] for name in STANDING] == ["2026-11-25T12:00:00.000Z", 1, 4]


async def test_a_line_reads_as_a_sentence(bench: Bench, auditor: httpx.AsyncClient) -> None:
    await some_acceptances(bench, 1)
    [entry] = (await found(auditor))["entries"]
    assert entry["sentence"]["fr"] == f"{ACTOR} a pris en charge le dossier {entry['leaf']['subject']}."
    assert entry["sentence"]["en"] == f"{ACTOR} took case {entry['leaf']['subject']} in charge."


FOUND: list[tuple[dict[str, Any], int]] = [
    ({"actor": ACTOR}, 5),
    ({"actor": ACTOR, "from": "2026-11-25T10:01:00Z", "to": "2026-11-25T11:03:00+01:00"}, 2),
    ({"type": "case.iscg-accepted.v1", "operation": "alteration"}, 5),
    ({"operation": "erasure"}, 0),
    ({"station": "GN-31-0412"}, 1),
    ({"recipient": "nobody"}, 0),
    ({"kind": "event", "from_index": 1, "to_index": 3}, 2),
    ({"kind": "heartbeat"}, 0),
    ({"event": str(uuid4())}, 0),
]


async def test_lines_are_found_by_what_they_say(bench: Bench, auditor: httpx.AsyncClient) -> None:
    await some_acceptances(bench, 5)
    await bench.send(REPORTS, stations())
    await bench.log_all()
    for params, count in FOUND:
        page = await found(auditor, **params)
        assert (page["total"], len(page["entries"])) == (count, count), params


@pytest.mark.parametrize("order", ["asc", "desc"])
async def test_pages_never_shift_while_the_log_grows(bench: Bench, auditor: httpx.AsyncClient, order: str) -> None:
    await some_acceptances(bench, 5)
    asked: dict[str, str] = {"consultation": await consultation(auditor), "actor": ACTOR, "order": order, "limit": "2"}
    indexes = list[int]()
    while True:
        page = (await auditor.get("/v1/entries", params=asked)).json()
        assert (page["size"], page["total"]) == (5, 5)
        indexes += [entry["index"] for entry in page["entries"]]
        if page["next"] is None:
            break
        asked["cursor"] = page["next"]
        await some_acceptances(bench, 1)
    assert indexes == sorted(range(5), reverse=order == "desc")


async def test_a_cursor_is_for_its_own_search_only(bench: Bench, auditor: httpx.AsyncClient) -> None:
    await some_acceptances(bench, 3)
    page = await found(auditor, limit=1)
    asked = {"consultation": await consultation(auditor), "cursor": str(page["next"])}
    others: list[dict[str, str]] = [{"actor": ACTOR}, {"order": "desc"}]
    for other in others:
        answer = await auditor.get("/v1/entries", params={**asked, **other})
        assert answer.json()["type"] == "/problems/malformed-cursor"


@pytest.mark.parametrize("turn", [Turn(999, 1, 3), Turn(2**63, 1, 3), Turn(3, 2**63, 3), Turn(3, 1, 2**64 - 1)])
async def test_a_cursor_that_nobody_was_given_is_refused(bench: Bench, auditor: httpx.AsyncClient, turn: Turn) -> None:
    await some_acceptances(bench, 3)
    asked = {"consultation": await consultation(auditor), "cursor": write_cursor(turn.written(Filter(), "asc"))}
    answer = await auditor.get("/v1/entries", params=asked)
    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/malformed-cursor")


async def test_a_search_is_saved_before_it_is_answered(bench: Bench, auditor: httpx.AsyncClient) -> None:
    case = await a_case(bench)
    await found(auditor, case=case)
    row = await bench.database["outbox"].find_one({"topic": ACCESS})
    body = orjson.loads(row["bytes"])
    assert (body["purpose"], body["count"], row["headers"]["ce_correlationid"]) == ("audit", 2, case)
    assert row["headers"]["ce_authid"] and case not in row["bytes"].decode()


async def test_the_words_of_the_reason_are_sealed(bench: Bench, auditor: httpx.AsyncClient) -> None:
    id_ = await consultation(auditor)
    row = await bench.database["consultations"].find_one({"_id": id_})
    assert row["purpose"] == "audit" and "parquet" not in repr(row)


@pytest.mark.parametrize("reason", [{}, {"purpose": "audit"}, {"purpose": "audit", "justification": "  short  "}])
async def test_a_consultation_without_a_purpose_and_a_reason_is_refused(
    auditor: httpx.AsyncClient, reason: dict[str, str]
) -> None:
    assert (await auditor.post("/v1/consultations", json=reason)).status_code == 422


async def test_nothing_is_shown_under_somebody_elses_consultation(bench: Bench, auditor: httpx.AsyncClient) -> None:
    await some_acceptances(bench, 1)
    for id_ in (str(uuid4()), await others_consultation(bench)):
        answer = await auditor.get("/v1/entries", params={"consultation": id_})
        assert (answer.status_code, answer.json()["type"]) == (403, "/problems/no-consultation")
    assert await bench.database["outbox"].count_documents({"topic": ACCESS}) == 0


async def others_consultation(bench: Bench) -> str:
    async with a_visitor(bench, "log-auditor") as other:
        id_ = await consultation(other)
    await bench.database["consultations"].update_one({"_id": id_}, {"$set": {"by": str(uuid4())}})
    return id_


WRONG = [
    {"case": "Oddname"},
    {"actor": "Oddname<"},
    {"from": "Oddname"},
    {"from": "2026-11-25"},
    {"operation": "Oddname"},
    {"limit": "0"},
    {"order": "Oddname"},
    {"from_index": "-1"},
    {"Oddname": "1"},
]


async def test_a_filter_that_is_none_is_refused_and_never_repeated(bench: Bench, auditor: httpx.AsyncClient) -> None:
    id_ = await consultation(auditor)
    for wrong in WRONG:
        answer = await auditor.get("/v1/entries", params={"consultation": id_, **wrong})
        assert answer.status_code == 422 and "Oddname" not in answer.text, wrong
    assert await bench.database["outbox"].count_documents({"topic": ACCESS}) == 0


async def test_each_line_comes_with_its_proof_on_wish(bench: Bench, auditor: httpx.AsyncClient) -> None:
    await some_acceptances(bench, 5)
    page = await found(auditor, proof=True)
    for entry in page["entries"]:
        proof = read_proof(entry["proof"])
        head = read_checkpoint(open_note(proof.checkpoint, [a_signer().verifier]))
        leaf = next(leaf for leaf in await raw_leaves(bench) if orjson.loads(leaf) == entry["leaf"])
        check_inclusion(leaf_hash(leaf), entry["index"], head.size, proof.hashes, head.root)


async def raw_leaves(bench: Bench) -> list[bytes]:
    return [row["leaf"] async for row in bench.database["entries"].find({}, sort={"_id": 1})]


async def test_proofs_are_fetched_for_any_line_and_any_size(bench: Bench, auditor: httpx.AsyncClient) -> None:
    await some_acceptances(bench, 3)
    await some_acceptances(bench, 4)
    params = {"size": "3", "consultation": await consultation(auditor)}
    proof = read_proof((await auditor.get("/v1/entries/1/proof", params=params)).text)
    old = read_checkpoint(open_note(proof.checkpoint, [a_signer().verifier]))
    new = read_checkpoint(open_note((await auditor.get("/checkpoint")).text, [a_signer().verifier]))
    growth = await auditor.get("/v1/consistency", params={"old": 3, "new": 7})
    path = [decoded(line) for line in growth.text.splitlines()]
    check_consistency(old.size, old.root, new.size, new.root, path)


UNPROVABLE = [
    ("/v1/entries/9/proof", 404),
    ("/v1/entries/1/proof?size=9", 404),
    ("/v1/entries/1/proof?size=1", 404),
    ("/v1/entries/x/proof", 422),
    ("/v1/entries/-1/proof", 422),
    ("/v1/consistency?old=3&new=9", 404),
    ("/v1/consistency?old=3&new=1", 404),
    ("/v1/consistency?old=0&new=3", 404),
    ("/v1/consistency?old=1", 422),
]


async def test_what_cannot_be_proven_is_a_problem(bench: Bench, auditor: httpx.AsyncClient) -> None:
    await some_acceptances(bench, 3)
    under = f"consultation={await consultation(auditor)}"
    for path, status in UNPROVABLE:
        answer = await auditor.get(f"{path}{'&' if '?' in path else '?'}{under}")
        assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), path
