"""Each optional member and list of every event, absent, null and empty: read, or refused by its name; logged always."""

from datetime import UTC, datetime

import orjson
import pytest
from pydantic import ValidationError

from services.audit.domain.reading import line_of
from shared.contracts.event import Event
from shared.contracts.topics import EVENTS
from tests.contracts.optional import read, varied, whole

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize("kind", EVENTS)
def test_an_event_that_leaves_nothing_out_is_read(kind: type[Event]) -> None:
    assert read(kind, whole(kind)).clear()


@pytest.mark.parametrize("kind", EVENTS)
def test_a_variant_of_an_event_is_read_or_refused_by_the_name_of_its_member(kind: type[Event]) -> None:
    for variant, version in varied(kind, whole(kind)):
        try:
            assert read(kind, version).type == kind.type
        except ValidationError as refused:
            assert variant.how != "absent", str(variant)
            assert any(variant.is_named_by(each["loc"]) for each in refused.errors()), str(variant)


@pytest.mark.parametrize("kind", EVENTS)
def test_a_variant_of_an_event_becomes_a_line_of_the_log(kind: type[Event]) -> None:
    headers = [("ce_type", kind.type.encode()), ("ce_specversion", b"1.0"), ("ce_source", b"/relais/referral/cases")]
    headers += [("ce_id", b"0b0e4a2e-8b43-4b0e-9a5e-2f0b1c7d9e11"), ("ce_subject", b"post-31-1")]
    headers += [("ce_time", b"2026-11-23T09:00:00.000Z"), ("ce_sequence", b"0000000001")]
    for variant, (wire, _) in varied(kind, whole(kind)):
        line = line_of(("relais.cases", 0, 7), AT, headers, orjson.dumps(wire), b"s" * 32)
        assert line.leaf.type == kind.type, str(variant)
