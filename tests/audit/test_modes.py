"""A station's record is the same line in either mode of CloudEvents, and intake and audit read it alike."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from uuid import UUID

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.samples.desk import Desk, Sample
from deploy.samples.good import good_samples
from deploy.samples.reports import sample_reports
from services.audit.domain.leaf import Leaf
from services.audit.domain.reading import line_of
from shared.contracts.cloudevent import STRUCTURED, TAKEN, Headers, UnreadableEnvelope, read_station_event
from shared.contracts.report import LARGEST_REPORT
from tests.audit.builders import AT, SALT, STATIONS
from tests.intake.builders import a_ring

NOW, RUN = datetime(2026, 11, 25, 8, 0, tzinfo=UTC), UUID(int=7)
ODD = "Zéphyrine Oddname"


@cache
def samples() -> tuple[Sample, ...]:
    return tuple(sample_reports(a_ring().public(), RUN, NOW))


def in_one_object(sample: Sample) -> bytes | None:
    """The record's value in structured mode, if its headers and its value can be written so."""
    try:
        attributes = {name.removeprefix("ce_"): (text or b"").decode() for name, text in sample.headers if text}
        orjson.loads(sample.value or b"")
    except (UnicodeDecodeError, orjson.JSONDecodeError):
        return None
    if len(attributes) < len(sample.headers):
        return None
    attributes["datacontenttype"] = attributes.pop("content-type", "application/json")
    return orjson.dumps(attributes)[:-1] + b',"data":' + (sample.value or b"") + b"}"


def pairs() -> Iterator[tuple[Sample, bytes]]:
    for sample in samples():
        value = in_one_object(sample)
        if value and len(value) <= LARGEST_REPORT:
            yield sample, value


def leaf_of(sample: Sample, headers: Headers, value: bytes | None) -> Leaf:
    return line_of((f"station.reports.{sample.integrator}", 2, 40), AT, headers, value, SALT).leaf


def structured(charset: str = "") -> Headers:
    return (("content-type", f"{STRUCTURED}{charset}".encode()),)


def test_every_sample_is_the_same_line_in_both_modes() -> None:
    for sample, value in pairs():
        binary, as_one = leaf_of(sample, sample.headers, sample.value), leaf_of(sample, structured(), value)
        assert replace(as_one, commit=None) == replace(binary, commit=None), sample.name
        assert as_one.commit != binary.commit


def test_every_good_sample_is_an_event_in_both_modes() -> None:
    good = {sample.name for sample in good_samples(Desk(a_ring().public(), RUN, NOW))}
    told = {
        (sample.name, leaf_of(sample, structured("; charset=utf-8"), value).kind)
        for sample, value in pairs()
        if sample.name in good
    }
    assert told == {(name, "event") for name in good}


def test_a_sample_is_an_event_exactly_where_intake_can_read_its_envelope() -> None:
    for sample in samples():
        try:
            read_station_event(sample.headers, sample.value)
        except UnreadableEnvelope as unreadable:
            # What intake refuses because of the value alone is an event whose content audit does not look at.
            of_the_value = unreadable.reason in ("not-json", "too-deep", "repeated-member")
            assert (leaf_of(sample, sample.headers, sample.value).kind == "event") == of_the_value, sample.name
        else:
            assert leaf_of(sample, sample.headers, sample.value).kind == "event", sample.name


@pytest.mark.parametrize("attribute", ["id", "source", "subject", "time", "sequence", "authid", "other", "data"])
@pytest.mark.parametrize("said", [ODD, 7, None, {"name": ODD}, [ODD], "x" * 100_000])
def test_nothing_a_vendor_writes_into_an_event_enters_the_log(attribute: str, said: object) -> None:
    attributes = {name.removeprefix("ce_"): (text or b"").decode() for name, text in STATIONS.items()}
    line = line_of(("station.reports.x", 0, 1), AT, structured(), orjson.dumps(attributes | {attribute: said}), SALT)
    assert b"Oddname" not in line.leaf.canonical() and len(line.leaf.canonical()) < 1000
    assert line.kept is None


def test_an_event_in_json_that_is_too_large_is_a_line_that_was_not_parsed() -> None:
    large = orjson.dumps({"id": "1", "type": TAKEN[0], "data": "x" * LARGEST_REPORT})
    leaf = line_of(("station.reports.x", 0, 1), AT, structured(), large, SALT).leaf
    assert (leaf.kind, leaf.type, leaf.commit is not None) == ("unreadable", None, True)


anything = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=9,
)
attributes = st.dictionaries(
    st.sampled_from(["id", "type", "source", "subject", "time", "data", "traceparent"]),
    anything | st.sampled_from([*TAKEN, "/stations/police/GN-31-0412", str(RUN)]),
)


@given(attributes | anything, st.sampled_from([STRUCTURED, "Application/CloudEvents+JSON ; x=y"]))
def test_whatever_an_event_in_json_holds_both_read_it_alike(event: object, content_type: str) -> None:
    headers, value = (("content-type", content_type.encode()),), orjson.dumps(event)
    try:
        read = read_station_event(headers, value)
    except UnreadableEnvelope:
        expected = "unreadable"
    else:
        expected = "event" if read.attributes else "unreadable"
    leaf = line_of(("station.reports.police", 2, 40), AT, headers, value, SALT).leaf
    assert leaf.kind == expected
    assert leaf.who == (None if expected == "unreadable" else "police")
