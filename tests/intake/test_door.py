from dataclasses import replace
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.domain.submission import Submission
from shared.contracts.vocabulary import FaultCode
from shared.delivery.record import Headers
from shared.delivery.watching import join_trace
from shared.watch.traces import start_tracing
from tests.contracts.builders import a_clear_part, setting
from tests.intake.builders import REPORT_ID, a_door, a_record, a_report, arrive, headers

DEEP = b'{"a":' * 10_000 + b"1" + b"}" * 10_000


async def submission_of(value: bytes | None, carried: Any = None) -> Submission:
    arrival = await arrive(value, carried)
    assert arrival.refused is None
    assert isinstance(arrival.content, Submission)
    return arrival.content


@pytest.mark.parametrize(
    ("reason", "value", "carried"),
    [
        ("null-value", None, headers()),
        ("not-json", b"{", headers()),
        ("not-json", b"\xff\xfe", headers()),
        ("too-deep", DEEP, headers()),
        ("missing-header", b"{}", headers(ce_id=None)),
        ("missing-header", b"{}", ()),
        ("unreadable-headers", b"{}", (("ce_id", None),)),
        ("unreadable-headers", b"{}", (*headers(), ("ce_subject", b"\xff"))),
        ("unknown-type", b"{}", headers(ce_type="station.report-forwarded.v1")),
        ("unknown-version", b"{}", headers(ce_type="station.report-submitted.v2")),
        ("sealed-unreadable", orjson.dumps(a_clear_part(sealed="a.b.c.d.e")), headers()),
    ],
)
async def test_what_cannot_be_read_is_set_aside_with_its_reason(
    reason: str, value: bytes | None, carried: Headers
) -> None:
    assert (await arrive(value, carried)).refused == reason


async def test_a_readable_report_becomes_a_submission_of_its_integrator() -> None:
    submission = await submission_of(a_report())
    assert submission.report is not None
    assert submission.identity == f"gendarmerie/{REPORT_ID}"


async def test_faults_of_both_parts_are_told_together() -> None:
    submission = await submission_of(a_report(setting("nobody", "origin"), urgency="soon"))
    assert {fault.pointer for fault in submission.faults} == {"/urgency", "/content/origin"}
    assert (submission.report_id, submission.revision) == (REPORT_ID, 1)


async def test_content_in_clear_is_a_fault_at_this_door() -> None:
    submission = await submission_of(a_report(content={}))
    assert [(fault.pointer, fault.code) for fault in submission.faults] == [("", FaultCode.UNKNOWN_MEMBER)]


async def test_a_report_that_is_too_large_is_answered_unread() -> None:
    submission = await submission_of(b"x" * 1_048_576)
    assert (submission.report, submission.faults) == (None, ())
    assert submission.report_id == REPORT_ID


async def test_ten_thousand_headers_spoil_nothing() -> None:
    many = tuple((f"x-{n}", b"1") for n in range(10_000))
    assert (await submission_of(a_report(), (*headers(), *many))).report is not None


async def test_a_report_id_that_talks_is_no_id() -> None:
    submission = await submission_of(a_report(report_id="Madame-X"), headers(ce_subject="Madame-X"))
    assert submission.report_id is None
    assert submission.case_id is None
    assert submission.report is None


async def test_a_report_whose_id_is_spoilt_is_answered_under_its_subject() -> None:
    submission = await submission_of(a_report(report_id=7))
    assert submission.report_id == REPORT_ID
    assert [fault.pointer for fault in submission.faults] == ["/report_id"]


async def test_what_was_sealed_for_nobody_is_a_fault_that_the_station_learns() -> None:
    submission = await submission_of(a_report(sealed="in clear, by mistake"))
    assert [(fault.pointer, fault.code) for fault in submission.faults] == [("/sealed", FaultCode.BAD_FORMAT)]


@pytest.mark.parametrize("value", [None, b"\xff"])
@pytest.mark.parametrize("name", ["x", "ce_x", "ce_time", "traceparent", "\udcff", ""])
async def test_nobody_is_lost_for_a_header_that_is_no_text_and_decides_nothing(name: str, value: bytes | None) -> None:
    assert (await submission_of(a_report(), (*headers(), (name, value)))).report is not None


async def test_nobody_is_lost_for_the_want_of_a_header_that_decides_nothing() -> None:
    bare = headers(ce_specversion=None, ce_source=None, ce_subject=None, ce_time=None)
    assert (await submission_of(a_report(), bare)).identity == f"gendarmerie/{REPORT_ID}"


@pytest.mark.parametrize("value", [b"[]", b"7", b"null", b'"report"'])
async def test_json_that_is_no_object_is_a_report_with_one_fault(value: bytes) -> None:
    assert [fault.pointer for fault in (await submission_of(value)).faults] == [""]


async def test_an_event_id_is_echoed_only_if_it_says_nothing() -> None:
    assert (await submission_of(a_report(), headers(ce_id="Madame-X"))).event_id is None


async def test_a_record_is_taken_into_the_inbox_under_its_case() -> None:
    arrival = await arrive(a_report())
    assert isinstance(arrival.content, Submission)
    assert arrival.cause.subject == str(arrival.content.case_id)


async def test_who_reports_is_named_by_an_opaque_id() -> None:
    by = (await arrive(a_report())).cause.by
    assert by and by.type == "service_account" and "gendarmerie" not in by.id


async def test_a_stations_trace_is_linked_and_never_joined() -> None:
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    arrival = await arrive(a_report(), headers(traceparent=trace))
    assert (arrival.cause.link, arrival.cause.trace) == (trace, None)


@pytest.mark.parametrize("trace", ["", "Canari", "00-" + "f" * 32 + "-" + "0" * 16 + "-zz", "é" * 5000])
async def test_a_trace_of_no_use_breaks_nothing(trace: str) -> None:
    arrival = await arrive(a_report(), headers(traceparent=trace))
    join_trace(start_tracing("intake", "test"), arrival)
    assert arrival.refused is None


async def test_rubbish_spoils_only_its_own_record() -> None:
    records = [a_record(a_report(), offset=0), a_record(b"{", offset=1), a_record(a_report(), offset=2)]
    arrivals = await a_door().read(records)
    assert [arrival.refused is None for arrival in arrivals] == [True, False, True]


@given(value=st.binary(max_size=300), names=st.lists(st.tuples(st.text(max_size=20), st.binary(max_size=20))))
async def test_no_bytes_whatever_stop_the_door(value: bytes, names: list[tuple[str, bytes]]) -> None:
    arrival = await arrive(value, (*headers(), *names))
    assert (arrival.refused is None) != (arrival.content is None)


@given(timestamp=st.integers(-(2**63), 2**63 - 1))
async def test_no_time_whatever_stops_the_door(timestamp: int) -> None:
    record = replace(a_record(b"{"), timestamp=timestamp)
    [arrival] = await a_door().read([record])
    assert arrival.refused == "not-json"
