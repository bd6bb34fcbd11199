"""A station's record says the same in binary and in structured mode, and must have one meaning."""

from dataclasses import replace
from typing import Any

import orjson
import pytest

from services.intake.domain.submission import Submission
from shared.contracts.vocabulary import FaultCode
from shared.vault.jwe import seal_for_intake
from tests.contracts.builders import Json
from tests.intake.builders import REPORT_ID, a_report, a_ring, a_withdrawal, arrive, headers

STRUCTURED = (("content-type", b"application/cloudevents+json; charset=utf-8"),)
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def an_event(data: bytes, **changes: Any) -> bytes:
    """The record's value in structured mode; an attribute that is changed to `None` is left out."""
    attributes: Json = {name.removeprefix("ce_"): (value or b"").decode() for name, value in headers()}
    attributes["datacontenttype"] = attributes.pop("content-type")
    event = attributes | {"data": orjson.loads(data)} | changes
    return orjson.dumps({name: value for name, value in event.items() if value is not None})


@pytest.mark.parametrize(
    ("data", "type_"),
    [
        (a_report(), "station.report-submitted.v1"),
        (a_report(urgency="soon"), "station.report-submitted.v1"),
        (a_withdrawal(), "station.report-withdrawn.v1"),
    ],
)
async def test_both_modes_say_the_same(data: bytes, type_: str) -> None:
    event_id = "7d0d5b9e-7e0e-4f0b-9d7b-0a8d0c1f2e3d"
    binary = await arrive(data, headers(ce_type=type_, ce_id=event_id))
    structured = await arrive(an_event(data, type=type_, id=event_id), STRUCTURED)
    assert isinstance(binary.content, Submission) and isinstance(structured.content, Submission)
    assert replace(structured.content, sha256="") == replace(binary.content, sha256="")
    assert structured.cause == binary.cause


async def test_a_trace_in_the_event_is_linked() -> None:
    assert (await arrive(an_event(a_report(), traceparent=TRACE), STRUCTURED)).cause.link == TRACE


@pytest.mark.parametrize(
    ("reason", "value"),
    [
        ("null-value", None),
        ("not-json", b"{"),
        ("not-json", b'{"id": NaN}'),
        ("invalid", b"[]"),
        ("missing-header", b"{}"),
        ("missing-header", an_event(a_report(), id=None)),
        ("missing-header", an_event(a_report(), id=7)),
        ("unknown-type", an_event(a_report(), type="station.report-forwarded.v1")),
        ("unknown-version", an_event(a_report(), type="station.report-submitted.v2")),
        ("repeated-member", b'{"id": "1", "id": "2"}'),
    ],
)
async def test_what_cannot_be_read_is_set_aside_with_its_reason(reason: str, value: bytes | None) -> None:
    assert (await arrive(value, STRUCTURED)).refused == reason


async def test_an_event_without_data_is_a_report_with_one_fault() -> None:
    arrival = await arrive(an_event(b"null"), STRUCTURED)
    assert isinstance(arrival.content, Submission)
    assert [fault.pointer for fault in arrival.content.faults] == [""]
    assert arrival.content.report_id == REPORT_ID


async def test_an_event_that_is_too_large_is_answered_unread() -> None:
    arrival = await arrive(an_event(a_report(), more="x" * 300_000), STRUCTURED)
    assert isinstance(arrival.content, Submission)
    assert (arrival.content.report, arrival.content.faults, arrival.content.report_id) == (None, (), None)


async def test_a_member_that_stands_twice_has_no_meaning() -> None:
    twice = a_report().replace(b'"urgency":', b'"urgency":"immediate","urgency":', 1)
    assert (await arrive(twice)).refused == "repeated-member"


async def test_a_sealed_member_that_stands_twice_is_a_fault_that_the_station_learns() -> None:
    sealed = seal_for_intake(a_ring().public(), b'{"origin": "outreach", "origin": "herself"}')
    arrival = await arrive(a_report(sealed=sealed))
    assert isinstance(arrival.content, Submission)
    [fault] = arrival.content.faults
    assert (fault.pointer, fault.code) == ("/content", FaultCode.REPEATED_MEMBER)
