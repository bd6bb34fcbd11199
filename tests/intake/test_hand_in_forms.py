"""The forms in which an event may come to the HTTP door: alone in two modes, or up to a hundred together."""

from hashlib import sha256
from typing import Any
from uuid import UUID

import pytest

from tests.contracts.builders import setting
from tests.intake.counter import (
    Counter,
    a_clear_report,
    an_event,
    codes,
    dumped,
    event_headers,
    typed,
)
from tests.web.builders import problem

STRUCTURED, BATCH = "application/cloudevents+json", "application/cloudevents-batch+json"
CHECK = "/v1/reports/check"
REFUSED = (setting("refused", "persons", 0, "consent", "contact_by_iscg"), setting([], "partners_asked"))


async def test_a_structured_event_is_vouched_for_as_it_came(doors: Counter) -> None:
    body = dumped(an_event(a_clear_report()))
    answer = await doors.hand_in(body, typed(f"{STRUCTURED}; charset=UTF-8"))
    assert (answer.status_code, answer.json()["sha256"]) == (201, sha256(body).hexdigest())


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"id": None}, ("id", "missing")),
        ({"source": None}, ("source", "missing")),
        ({"specversion": "0.3"}, ("specversion", "unknown-version")),
        ({"type": "station.report-submitted.v9"}, ("type", "unknown-version")),
        ({"type": "station.gossip.v1"}, ("type", "unknown-type")),
    ],
)
async def test_an_event_s_wrong_attributes_are_told_with_the_report_s_faults(
    doors: Counter, changes: dict[str, Any], fault: tuple[str, str]
) -> None:
    report = a_clear_report(urgency="soon")
    for answer in (
        await doors.hand_in(dumped(report), event_headers(**changes)),
        await doors.hand_in(dumped(an_event(report, **changes)), typed(STRUCTURED)),
    ):
        assert problem(answer) == (422, "invalid-request")
        assert codes(answer) == {fault, ("/urgency", "not-in-list")}
    assert await doors.said(UUID(report["report_id"])) == []


@pytest.mark.parametrize(
    "headers",
    [
        {"content-type": "text/plain"},
        {},
        event_headers() | {"content-type": "application/json; charset=utf-16"},
        event_headers() | {"content-encoding": "gzip"},
    ],
)
async def test_another_content_type_is_not_guessed_at(doors: Counter, headers: dict[str, str]) -> None:
    answer = await doors.hand_in(dumped(a_clear_report()), headers)
    assert problem(answer) == (415, "unsupported-event-type")
    assert answer.headers["accept-post"] == f"application/json, {STRUCTURED}, {BATCH}"


async def test_a_batch_is_answered_one_by_one(doors: Counter) -> None:
    good, faulty = a_clear_report(), a_clear_report(urgency="soon")
    large = a_clear_report(setting("x" * 300_000, "note"))
    events = [an_event(each) for each in (good, faulty, good, large)] + [7, an_event(good, id=None)]
    answer = await doors.hand_in(dumped(events), typed(BATCH))
    assert answer.status_code == 207
    assert [each["index"] for each in answer.json()] == [0, 1, 2, 3, 4, 5]
    assert [each["status"] for each in answer.json()] == [201, 422, 200, 413, 422, 422]
    assert answer.json()[2]["answer"]["jws"] == answer.json()[0]["answer"]["jws"]
    assert answer.json()[0]["answer"]["sha256"] == sha256(dumped(events[0])).hexdigest()


async def test_a_batch_holds_a_hundred_events_and_no_more(doors: Counter) -> None:
    event = an_event(a_clear_report())
    assert (await doors.hand_in(b" [ ] ", typed(BATCH))).json() == []
    answer = await doors.hand_in(dumped([event] * 100), typed(BATCH))
    assert sorted(each["status"] for each in answer.json()) == [200] * 99 + [201]
    assert problem(await doors.hand_in(dumped([event] * 101), typed(BATCH))) == (413, "batch-too-long")
