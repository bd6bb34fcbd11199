"""Corrections and withdrawals at the HTTP door: in order, before their report, and in conflict."""

from typing import Any
from uuid import UUID

import httpx
import pytest

from tests.contracts.builders import Json, a_withdrawal, setting
from tests.intake.builders import STATION
from tests.intake.counter import Counter, a_clear_report, an_event, codes, dumped, event_headers, typed
from tests.web.builders import problem

WITHDRAWN = "station.report-withdrawn.v1"
CORRECTED = setting("pvrj", "act", "kind")


def corrected(report: Json, revision: int = 2) -> Json:
    return a_clear_report(CORRECTED, report_id=report["report_id"], revision=revision)


def withdrawal(report: Json, **members: Any) -> Json:
    return a_withdrawal(report_id=report["report_id"], station=STATION, **members)


async def withdraw(doors: Counter, report: Json, **members: Any) -> httpx.Response:
    return await doors.hand_in(dumped(withdrawal(report, **members)), event_headers(type=WITHDRAWN))


async def said(doors: Counter, report: Json) -> list[str]:
    types = await doors.said(UUID(report["report_id"]))
    return [each for each in types if each != "station.receipt-issued.v1"]


async def test_a_correction_is_taken_and_a_repeat_of_it_is_known(doors: Counter) -> None:
    report = a_clear_report()
    await doors.hand_in(dumped(report))
    first, again = [await doors.hand_in(dumped(corrected(report))) for _ in range(2)]
    assert (first.status_code, first.json()["outcome"], first.json()["revision"]) == (201, "corrected", 2)
    assert (again.status_code, again.json()["jws"]) == (200, first.json()["jws"])
    assert await said(doors, report) == ["report.accepted.v1", "report.corrected.v1"]


async def test_what_is_older_than_the_correction_is_stale(doors: Counter) -> None:
    report = a_clear_report()
    await doors.hand_in(dumped(report))
    await doors.hand_in(dumped(corrected(report, 3)))
    assert problem(await doors.hand_in(dumped(corrected(report, 2)))) == (409, "stale-revision")


async def test_a_correction_before_its_report_is_kept_and_follows_it(doors: Counter) -> None:
    report = a_clear_report()
    early = await doors.hand_in(dumped(corrected(report)))
    assert (early.status_code, early.json()["outcome"]) == (202, "kept")
    assert (await doors.hand_in(dumped(report))).status_code == 201
    assert await said(doors, report) == ["report.accepted.v1", "report.corrected.v1"]


@pytest.mark.parametrize("form", ["binary", "structured"])
async def test_a_withdrawal_is_taken_in_any_form_and_uses_the_id_up(doors: Counter, form: str) -> None:
    report = a_clear_report()
    await doors.hand_in(dumped(report))
    body, headers = withdrawal(report), event_headers(type=WITHDRAWN)
    if form == "structured":
        body, headers = an_event(body, type=WITHDRAWN), typed("application/cloudevents+json")
    answer = await doors.hand_in(dumped(body), headers)
    assert (answer.status_code, answer.json()["outcome"]) == (201, "withdrawn")
    assert await said(doors, report) == ["report.accepted.v1", "report.withdrawn.v1"]
    assert problem(await doors.hand_in(dumped(corrected(report, 3)))) == (409, "report-id-reused")


async def test_every_fault_of_a_withdrawal_is_told(doors: Counter) -> None:
    answer = await withdraw(doors, a_clear_report(), revision=1, reason="canari", sealed="x")
    assert problem(answer) == (422, "invalid-request")
    assert codes(answer) == {("/revision", "out-of-range"), ("/reason", "not-in-list"), ("", "unknown-member")}
    assert "canari" not in answer.text


async def test_a_check_tells_what_would_become_of_it_and_keeps_nothing(doors: Counter) -> None:
    report = a_clear_report()
    early = await doors.hand_in(dumped(corrected(report)), path="/v1/reports/check")
    assert early.json()["outcome"] == "kept"
    await doors.hand_in(dumped(report))
    for body, type_, outcome in (
        (corrected(report), "station.report-submitted.v1", "corrected"),
        (withdrawal(report), WITHDRAWN, "withdrawn"),
    ):
        answer = await doors.hand_in(dumped(body), event_headers(type=type_), path="/v1/reports/check")
        assert answer.json()["outcome"] == outcome
    assert await said(doors, report) == ["report.accepted.v1"]


async def test_a_report_and_what_follows_it_may_come_in_one_batch(doors: Counter) -> None:
    report = a_clear_report()
    batch = [
        an_event(corrected(report)),
        an_event(report),
        an_event(withdrawal(report, revision=3), type=WITHDRAWN),
    ]
    answer = await doors.hand_in(dumped(batch), typed("application/cloudevents-batch+json"))
    assert [each["answer"]["outcome"] for each in answer.json()] == ["kept", "accepted", "withdrawn"]
    assert await said(doors, report) == ["report.accepted.v1", "report.corrected.v1", "report.withdrawn.v1"]
