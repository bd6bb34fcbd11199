"""Ids are the same whenever they are computed, and tell nobody what they are of."""

from uuid import RFC_4122, UUID, uuid5

from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.ids import NAMESPACE, authid, case_id, event_id, place_cause, uuid8

REPORT = UUID("0d9f6c1e-5b1a-4a53-9a3e-7c0f5d2b8e41")


@given(st.binary(min_size=16, max_size=32))
def test_any_digest_makes_a_uuid_of_version_8(digest: bytes) -> None:
    id_ = uuid8(digest)
    assert (id_.version, id_.variant) == (8, RFC_4122)
    kept = ~((0xF << 76) | (0x3 << 62))
    assert id_.int & kept == int.from_bytes(digest[:16], "big") & kept


def test_a_case_has_the_same_id_wherever_it_is_computed() -> None:
    assert case_id(b"secret", "police", REPORT) == UUID("c05b7e8e-ee07-82b0-bd5b-5451d09135fe")
    assert authid(b"secret", "https://issuer.example", "sub-1") == UUID("f22c04e5-bb2d-83c2-b9ca-0dff1fae90e0")


def test_a_case_depends_on_the_secret_the_integrator_and_the_report() -> None:
    other = UUID("0d9f6c1e-5b1a-4a53-9a3e-7c0f5d2b8e42")
    ids = {
        case_id(b"secret", "police", REPORT),
        case_id(b"another", "police", REPORT),
        case_id(b"secret", "gendarmerie", REPORT),
        case_id(b"secret", "police", other),
    }
    assert len(ids) == 4


def test_a_stations_record_causes_ids_from_its_place_alone() -> None:
    assert place_cause("station.reports.police", 3, 1042) == uuid5(NAMESPACE, "station.reports.police/3/1042")


def test_each_event_of_one_cause_has_its_own_id() -> None:
    cause = place_cause("station.reports.police", 0, 0)
    first = event_id(cause, "intake", "report.accepted.v1", 0)
    assert first == uuid5(cause, "intake/report.accepted.v1/0")
    second = event_id(cause, "intake", "report.accepted.v1", 1)
    elsewhere = event_id(cause, "audit", "report.accepted.v1", 0)
    assert len({first, second, elsewhere}) == 3
