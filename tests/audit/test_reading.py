"""From a record to a line: what enters the log, and what must never."""

from dataclasses import replace
from datetime import UTC
from typing import Any
from uuid import uuid4, uuid5

import orjson
import pytest
from bson import encode
from hypothesis import example, given
from hypothesis import strategies as st

from services.audit.domain.edge import Edge
from services.audit.domain.head import Head, Reached, grow
from services.audit.domain.leaf import LARGEST_LEAF, Leaf, Place, commitment, gap_leaf, reset_leaf
from services.audit.domain.reading import LARGEST_KEPT, Line, line_of
from services.audit.store.documents import entry_document, payload_document
from shared.contracts.ids import place_cause
from tests.audit.builders import AT, OURS, SALT, a_line, headers_of, ours, stations

REPORTS: Place = ("station.reports.police", 2, 40)
RECEIPTS: Place = ("station.receipts.police", 0, 7)
ODD = "Zéphyrine Oddname"


def test_a_line_has_the_fourteen_members_that_were_frozen() -> None:
    members = orjson.loads(a_line(ours()).leaf.canonical())
    assert list(members) == sorted(
        ["v", "kind", "id", "type", "source", "time", "op", "who", "why", "to", "subject", "seq", "src", "commit"]
    )


def test_an_event_of_ours_becomes_a_line_word_for_word() -> None:
    line = a_line(ours(ce_sequence="0000000003", ce_authid="a-coordinator"), value=b'{"iscg_id":"i-7","reason":"x"}')
    assert (
        line.leaf.canonical()
        == (
            b'{"commit":"%b","id":"0d9f2ce6-7a1d-4a70-9d2a-0f6d7c0b1a11","kind":"event",'
            b'"op":"disclosure","seq":3,"source":"/relais/referral/cases","src":["relais.cases",1,5],'
            b'"subject":"5b1f6a7e-0000-8000-8000-000000000001","time":"2026-11-25T10:00:00.123Z","to":"i-7",'
            b'"type":"case.iscg-assigned.v1","v":1,"who":"a-coordinator","why":null}'
        )
        % (line.leaf.commit or "").encode()
    )


def test_a_reason_stands_in_the_line_as_a_code() -> None:
    line = a_line(ours(ce_type="access.personal-data-consulted.v1"), value=b'{"purpose":"follow-up"}')
    assert (line.leaf.op, line.leaf.why) == ("consultation", "follow-up")


def test_a_commitment_binds_the_exact_bytes_under_their_salt() -> None:
    line = a_line(ours(), value=b'{"iscg_id":"1"}')
    assert line.leaf.commit == commitment(SALT, b'{"iscg_id":"1"}')
    assert line.leaf.commit != a_line(ours(), value=b'{"iscg_id":"2"}').leaf.commit


def test_a_case_is_found_by_its_reports_id_too() -> None:
    report = str(uuid4())
    line = a_line(ours(ce_correlationid="a-case"), value=orjson.dumps({"iscg_id": "1", "report_id": report}))
    assert line.refs == ("5b1f6a7e-0000-8000-8000-000000000001", "a-case", report)


def test_a_type_that_is_not_known_yet_is_still_a_line() -> None:
    leaf = a_line(ours(ce_type="case.reopened.v1"), value=b"not even JSON").leaf
    assert (leaf.kind, leaf.type, leaf.op) == ("event", "case.reopened.v1", None)


def test_a_stations_record_becomes_a_line_word_for_word() -> None:
    line = a_line(stations(), REPORTS)
    assert line.leaf.canonical() == (
        b'{"commit":"%b","id":"%b","kind":"event","op":"collection","seq":null,'
        b'"source":"/stations/police/GN-31-0412","src":["station.reports.police",2,40],'
        b'"subject":"5b1f6a7e-0000-8000-8000-000000000001","time":"2026-11-25T09:59:00.000Z","to":null,'
        b'"type":"station.report-submitted.v1","v":1,"who":"police","why":null}'
    ) % (commitment(SALT, b"{}").encode(), str(place_cause(*REPORTS)).encode())


def test_a_stations_record_takes_its_id_from_its_place() -> None:
    leaf = a_line(stations(), REPORTS).leaf
    assert (leaf.kind, leaf.id, leaf.time) == ("event", place_cause(*REPORTS), AT)
    assert (leaf.op, leaf.who, leaf.seq) == ("collection", "police", None)


def test_a_receipt_says_to_whom_it_was_disclosed() -> None:
    leaf = a_line(stations(ce_type="station.receipt-issued.v1", ce_sequence="0000000001"), RECEIPTS).leaf
    assert (leaf.op, leaf.who, leaf.to, leaf.seq) == ("disclosure", None, "police", 1)


@pytest.mark.parametrize("header", ["ce_id", "ce_source", "ce_subject", "ce_time", "ce_sequence", "ce_authid", "other"])
@pytest.mark.parametrize("text", [ODD, "0612345678", '{"name":"Oddname"}'])
def test_nothing_a_vendor_writes_into_a_header_enters_the_log(header: str, text: str) -> None:
    leaf = a_line(stations(**{header: text}), REPORTS, value=ODD.encode()).leaf
    assert leaf.kind == "event"
    assert text.encode() not in leaf.canonical() and b"Oddname" not in leaf.canonical()


def test_a_type_that_a_vendor_made_up_makes_the_record_unreadable() -> None:
    leaf = a_line(stations(ce_type="station.oddname.v1"), REPORTS).leaf
    assert leaf == Leaf("unreadable", place_cause(*REPORTS), REPORTS, AT, commit=leaf.commit)


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [("ce_id", None)],
        [(name, content) for name, content in ours() if name != "ce_source"],
        [*ours(), ("ce_type", b"case.opened.v1")],
        headers_of(OURS | {"ce_subject": b"\xff"}),
        ours(ce_id="not an id"),
        ours(ce_time="yesterday"),
        ours(ce_time="2026-11-25T10:00:00"),
        ours(ce_sequence="-1"),
        ours(ce_subject="x" * 200),
        ours(ce_type="No Type"),
    ],
)
def test_headers_that_make_no_event_make_an_unreadable_line(headers: list[tuple[str, bytes | None]]) -> None:
    line = line_of(("relais.cases", 1, 5), AT, headers, b"{}", SALT)
    assert (line.leaf.kind, line.leaf.id) == ("unreadable", place_cause("relais.cases", 1, 5))
    assert (line.salt, line.value, line.leaf.commit) == (SALT, b"{}", commitment(SALT, b"{}"))


@pytest.mark.parametrize("value", [b"", b"[]", b"\xff", b"{" * 5000, b'{"iscg_id":"' + b"x" * 999 + b'"}'])
def test_a_body_of_ours_that_cannot_be_read_makes_an_unreadable_line(value: bytes) -> None:
    assert a_line(ours(), value=value).leaf.kind == "unreadable"


def test_a_record_without_a_value_is_a_line_with_nothing_beside_it() -> None:
    line = line_of(REPORTS, AT, stations(), None, SALT)
    assert line == Line(Leaf("unreadable", place_cause(*REPORTS), REPORTS, AT))


@pytest.mark.parametrize("topic", ["station.reports.police", "station.receipts.police"])
def test_nothing_of_a_stations_topic_is_kept_beside_its_line(topic: str) -> None:
    for headers in (stations(), ours(ce_type="station.receipt-issued.v1"), []):
        assert a_line(headers, (topic, 0, 1), value=ODD.encode()).kept is None


def test_what_is_no_event_is_not_kept_on_any_topic() -> None:
    line = a_line([], value=ODD.encode())
    assert (line.leaf.kind, line.kept, line.leaf.commit) == ("unreadable", None, commitment(SALT, ODD.encode()))


@pytest.mark.parametrize(("size", "is_kept"), [(LARGEST_KEPT, True), (LARGEST_KEPT + 1, False)])
def test_an_event_is_kept_up_to_a_size_and_committed_to_at_any(size: int, is_kept: bool) -> None:
    value = b'"%b"' % (b"x" * (size - 2))
    line = a_line(ours(ce_type="case.reopened.v1"), value=value)
    assert (line.leaf.kind, line.kept is not None) == ("event", is_kept)
    assert line.leaf.commit == commitment(SALT, value)


def test_ten_thousand_headers_make_one_short_line() -> None:
    headers = [*stations(), *((f"x{n}", b"y" * 100) for n in range(10_000))]
    assert len(line_of(REPORTS, AT, headers, b"", SALT).leaf.canonical()) < 1000


def test_a_gap_names_the_first_and_the_last_record_that_were_lost() -> None:
    leaf = gap_leaf(("relais.cases", 1, 5), 9, AT)
    assert (leaf.kind, leaf.src, leaf.subject) == ("gap", ("relais.cases", 1, 5), "5-8")


def test_a_reset_names_the_offset_due_and_the_one_found() -> None:
    leaf = reset_leaf(("relais.cases", 1, 0), 12, AT)
    assert (leaf.kind, leaf.src, leaf.subject) == ("reset", ("relais.cases", 1, 0), "12-0")
    assert leaf.id == uuid5(place_cause("relais.cases", 1, 0), "reset")


names = st.sampled_from([*OURS, "content-type", "traceparent", "\udcff\udcfe", ""]) | st.text(max_size=9)
texts = st.none() | st.binary(max_size=40) | st.sampled_from([text for text in OURS.values() if text])
odd_times = st.sampled_from([b"0001-01-01T00:00:00+14:00", b"9999-12-31T23:59:59-12:00", b"2026-W48-3T11:00:00Z"])
some_headers = st.lists(st.tuples(names, texts | odd_times), max_size=9).map(lambda more: [*headers_of(OURS), *more])
topics = st.sampled_from(["station.reports.police", "station.receipts.police", "relais.cases", "relais.access"])


@given(topics, some_headers | some_headers.map(lambda each: each[6:]), st.none() | st.binary(max_size=99))
@example("relais.cases", headers_of(OURS | {"ce_time": b"0001-01-01T00:00:00+14:00"}), b"{}")
@example("relais.cases", headers_of(OURS | {"ce_time": b"9999-12-31T23:59:59-12:00"}), b"{}")
def test_whatever_a_record_holds_it_is_one_line_that_can_be_stored(
    topic: str, headers: list[tuple[str, bytes | None]], value: bytes | None
) -> None:
    growth = grow(Head(), Edge(), [line_of((topic, 0, 1), AT, headers, value, SALT)], {(topic, 0): Reached(2)})
    [entry] = growth.entries
    assert len(entry.leaf) < LARGEST_LEAF and orjson.loads(entry.leaf)["src"] == [topic, 0, 1]
    assert encode(entry_document(entry))
    assert (payload_document(entry) is None) == (value is None)


codes = st.none() | st.from_regex(r"[A-Za-z0-9 .:/_-]{0,40}", fullmatch=True)


some_members = st.fixed_dictionaries(
    {"id": st.uuids(), "time": st.datetimes(timezones=st.just(UTC)), "seq": st.none() | st.integers(0, 10**15 - 1)}
    | dict.fromkeys(("who", "why", "to", "subject"), codes)
)


@given(some_members)
def test_a_line_is_written_the_same_by_any_canonical_writer(members: dict[str, Any]) -> None:
    written = replace(a_line(ours()).leaf, **members).canonical()
    assert orjson.dumps(orjson.loads(written), option=orjson.OPT_SORT_KEYS) == written
