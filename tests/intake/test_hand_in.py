"""The HTTP door at which vendors hand reports in: nobody is told "taken" before it is so, nor twice otherwise."""

import asyncio
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest

from services.intake.http.answers import KINDS
from shared.contracts.documents import ROOT
from shared.contracts.sentences import ENGLISH
from shared.contracts.vocabulary import FaultCode, RejectReason
from shared.vault.jwe import seal_for_intake
from tests.contracts.builders import setting
from tests.intake.builders import STATION, a_report, a_ring
from tests.intake.counter import (
    GENDARMERIE,
    POLICE,
    Counter,
    a_clear_report,
    an_event,
    codes,
    dumped,
    typed,
)
from tests.web.builders import problem

STRUCTURED, BATCH = "application/cloudevents+json", "application/cloudevents-batch+json"
CHECK = "/v1/reports/check"
REFUSED = (setting("refused", "persons", 0, "consent", "contact_by_iscg"), setting([], "partners_asked"))


async def test_a_report_in_clear_is_taken_and_its_receipt_vouches_for_the_very_bytes(doors: Counter) -> None:
    body = dumped(a_clear_report())
    answer = await doors.hand_in(body)
    assert answer.status_code == 201
    receipt = answer.json()
    assert (receipt["outcome"], receipt["sha256"]) == ("accepted", sha256(body).hexdigest())
    assert receipt["numbers"] == ["17", "115", "3919", "119", "114"]
    assert "record" not in receipt
    assert answer.headers["location"] == f"/v1/reports/{receipt['report_id']}"


async def test_what_is_answered_as_taken_is_stored_and_told(doors: Counter) -> None:
    answer = await doors.hand_in(dumped(a_clear_report()))
    report_id = UUID(answer.json()["report_id"])
    assert await doors.said(report_id) == ["report.accepted.v1", "station.receipt-issued.v1"]
    followed = await doors.ask(answer.headers["location"], GENDARMERIE)
    assert followed.json()["standing"] == "received"


async def test_keys_are_made_for_the_cases_that_are_opened_and_for_nobody_else(doors: Counter) -> None:
    before = await owners(doors)
    reports = [a_clear_report() for _ in range(5)]
    await asyncio.gather(*(doors.hand_in(dumped(each)) for each in [*reports, a_clear_report(*REFUSED)]))
    rows = doors.bench.database["reports"].find({"report_id": {"$in": [each["report_id"] for each in reports]}})
    cases = [row["case_id"] async for row in rows]
    assert len(cases) == len(reports)
    for name, known in (await owners(doors)).items():
        assert known - before[name] == set(cases), name


async def test_refused_reports_leave_no_key_in_the_vault(doors: Counter) -> None:
    assert (await doors.hand_in(dumped(a_clear_report()))).status_code == 201
    before = await owners(doors)
    for who, station in ((POLICE, STATION), (GENDARMERIE, "PN-31-0001"), (GENDARMERIE, "GN-99-9999")):
        answer = await doors.hand_in(dumped(a_clear_report(station=station)), who=who)
        assert answer.status_code in {403, 422}, answer.text
    assert await owners(doors) == before


async def owners(doors: Counter) -> dict[str, set[str]]:
    """For whom there are data keys, by compartment."""
    vault = doors.bench.vault_database
    return {name: set(await vault[name].distinct("keyAltNames")) for name in ("contact", "file")}


async def test_a_sealed_report_is_taken_as_well(doors: Counter) -> None:
    report_id = str(uuid4())
    assert (await doors.hand_in(a_report(report_id=report_id))).status_code == 201


async def test_the_same_report_again_gets_the_same_receipt_however_it_comes(doors: Counter) -> None:
    report = a_clear_report()
    first = await doors.hand_in(dumped(report))
    sealed = seal_for_intake(a_ring().public(), orjson.dumps(report["content"]))
    again = {name: value for name, value in report.items() if name != "content"} | {"sealed": sealed}
    for answer in (
        await doors.hand_in(dumped(report)),
        await doors.hand_in(dumped(again)),
        await doors.hand_in(dumped(an_event(report)), typed(STRUCTURED)),
    ):
        assert (answer.status_code, answer.json()["jws"]) == (200, first.json()["jws"])


async def test_a_repeat_of_what_came_by_kafka_gets_the_receipt_of_then(doors: Counter) -> None:
    report_id = str(uuid4())
    body = a_report(report_id=report_id)
    await doors.take(body)
    answer = await doors.hand_in(body)
    assert (answer.status_code, answer.json()["received_at"]) == (200, "2026-11-25T08:00:00Z")


async def test_one_report_sent_many_times_at_once_opens_one_case(doors: Counter) -> None:
    report = a_clear_report()
    answers = await asyncio.gather(*(doors.hand_in(dumped(report)) for _ in range(12)))
    assert sorted(answer.status_code for answer in answers) == [200] * 11 + [201]
    assert len({answer.json()["jws"] for answer in answers}) == 1
    assert (await doors.said(UUID(report["report_id"]))).count("report.accepted.v1") == 1


async def test_a_refused_contact_is_counted_and_the_receipt_says_so(doors: Counter) -> None:
    answer = await doors.hand_in(dumped(a_clear_report(*REFUSED)))
    assert (answer.status_code, answer.json()["outcome"]) == (201, "counted")


async def test_every_fault_is_told_at_once_in_two_languages_without_what_was_sent(doors: Counter) -> None:
    report = a_clear_report(setting("Zoé Lacanary", "origin"), urgency="Zoé Lacanary")
    answer = await doors.hand_in(dumped(report))
    assert problem(answer) == (422, "invalid-request")
    assert codes(answer) == {("/urgency", "not-in-list"), ("/content/origin", "not-in-list")}
    [first, _] = answer.json()["faults"]
    assert (first["en"], first["fr"]) == ("the code is not in the closed list", "Code hors de la liste")
    assert answer.json()["fr"]["title"] == "La requête n'est pas conforme"
    assert answer.json()["receipt"]["outcome"] == "rejected"
    assert "Lacanary" not in answer.text


@pytest.mark.parametrize(
    ("clear", "status", "code"),
    [
        ({"station": "PN-31-9999"}, 422, "unknown-station"),
        ({"station": "PN-31-0001"}, 403, "station-not-allowed"),
    ],
)
async def test_a_station_that_is_not_the_integrator_s_is_refused(
    doors: Counter, clear: dict[str, str], status: int, code: str
) -> None:
    answer = await doors.hand_in(dumped(a_clear_report(**clear)))
    assert problem(answer) == (status, code)
    assert answer.json()["receipt"]["reason"] == code


async def test_other_content_under_a_taken_id_is_a_conflict_and_changes_nothing(doors: Counter) -> None:
    report = a_clear_report()
    await doors.hand_in(dumped(report))
    other = a_clear_report(setting("pvrj", "act", "kind"), report_id=report["report_id"])
    assert problem(await doors.hand_in(dumped(other))) == (409, "report-id-reused")
    assert (await doors.hand_in(dumped(report))).status_code == 200


async def test_a_mended_report_is_taken_under_the_id_that_was_rejected(doors: Counter) -> None:
    report = a_clear_report()
    assert (await doors.hand_in(dumped(report | {"urgency": "soon"}))).status_code == 422
    assert (await doors.hand_in(dumped(report))).status_code == 201


async def test_a_report_of_more_than_256_kib_is_too_large(doors: Counter) -> None:
    answer = await doors.hand_in(dumped(a_clear_report(setting("x" * 300_000, "note"))))
    assert problem(answer) == (413, "too-large")


async def test_a_check_says_what_would_be_and_stores_nothing(doors: Counter) -> None:
    report = a_clear_report()
    answer = await doors.hand_in(dumped(report), path=CHECK)
    assert (answer.status_code, answer.json()) == (200, {"outcome": "accepted", "warnings": []})
    assert (await doors.ask(f"/v1/reports/{report['report_id']}", GENDARMERIE)).status_code == 404
    await doors.hand_in(dumped(report))
    assert (await doors.hand_in(dumped(report), path=CHECK)).json()["outcome"] == "repeated"


async def test_a_check_refuses_as_handing_in_would_but_without_a_receipt(doors: Counter) -> None:
    report = a_clear_report(urgency="soon")
    answer = await doors.hand_in(dumped(report), path=CHECK)
    assert (problem(answer), codes(answer)) == ((422, "invalid-request"), {("/urgency", "not-in-list")})
    assert "receipt" not in answer.json()
    assert await doors.said(UUID(report["report_id"])) == []


async def test_content_sealed_for_another_key_can_be_sealed_anew(doors: Counter) -> None:
    report = a_clear_report()
    sealed = seal_for_intake(a_ring("strange").public(), orjson.dumps(report.pop("content")))
    assert problem(await doors.hand_in(dumped(report | {"sealed": sealed}))) == (422, "sealed-unreadable")


@pytest.mark.parametrize("who", ["nobody-we-know"])
async def test_who_is_not_in_the_registry_hands_nothing_in(doors: Counter, who: str) -> None:
    assert problem(await doors.hand_in(dumped(a_clear_report()), who=who)) == (403, "unknown-integrator")


async def test_ids_that_two_integrators_chose_alike_are_two_reports(doors: Counter) -> None:
    report = a_clear_report()
    assert (await doors.hand_in(dumped(report))).status_code == 201
    assert problem(await doors.hand_in(dumped(report), who=POLICE)) == (403, "station-not-allowed")


async def test_no_report_is_called_taken_while_the_database_is_away(doors: Counter) -> None:
    async def away(*_: Any) -> Any:
        raise OSError("the database is away")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(doors.bench.delivery.acts, "_save", away)
        one = await doors.hand_in(dumped(a_clear_report()))
        many = await doors.hand_in(dumped([an_event(a_clear_report())]), typed(BATCH))
    for answer in (one, many):
        assert problem(answer) == (503, "unavailable")
        assert int(answer.headers["retry-after"]) > 0
    assert (await doors.hand_in(dumped(a_clear_report()))).status_code == 201


async def test_more_reports_at_once_than_there_is_room_for_are_asked_to_come_again(doors: Counter) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("services.intake.http.desk.MOST_AT_ONCE", 5)
        full = await doors.hand_in(dumped([an_event(a_clear_report()) for _ in range(6)]), typed(BATCH))
        assert (await doors.hand_in(dumped(a_clear_report()))).status_code == 201
    assert problem(full) == (503, "unavailable")
    assert full.headers["retry-after"] == "1"


def test_every_fault_has_the_sentence_that_vendors_read() -> None:
    table = (ROOT / "docs/stations/report.md").read_text().split("## Faults")[1]
    assert set(ENGLISH) == set(FaultCode)
    for code, sentence in ENGLISH.items():
        assert f"| `{code}` | {sentence} |" in table


def test_every_reason_to_reject_has_a_problem_of_its_own() -> None:
    assert set(KINDS) == set(RejectReason)
    assert len({kind.code for kind in KINDS.values()}) == len(RejectReason)
