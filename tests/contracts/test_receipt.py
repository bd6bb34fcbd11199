"""What the signature of a receipt covers."""

from datetime import UTC, datetime
from uuid import UUID

import orjson

from shared.contracts.blocks import Fault, StreamPlace
from shared.contracts.events import ReceiptIssued
from shared.contracts.vocabulary import FaultCode, Helpline, Outcome, RejectReason

RECEIPT = ReceiptIssued(
    record=StreamPlace(topic="station.reports.police", partition=1, offset=7),
    event_id=UUID("0d9f6c1e-5b1a-4a53-9a3e-7c0f5d2b8e41"),
    outcome=Outcome.REJECTED,
    reason=RejectReason.INVALID,
    faults=(Fault(pointer="/revision", code=FaultCode.MISSING),),
    received_at=datetime(2026, 11, 23, 9, 43, tzinfo=UTC),
    numbers=(Helpline.POLICE,),
    jws="a.b.c",
)


def test_the_signature_covers_what_stands_on_the_wire_but_place_event_and_itself() -> None:
    wire = orjson.loads(orjson.dumps(RECEIPT.clear()))
    assert RECEIPT.signed_members() == {
        name: value for name, value in wire.items() if name not in {"record", "event_id", "jws"}
    }


def test_a_repeat_is_answered_with_the_same_signed_members() -> None:
    again = RECEIPT.model_copy(update={"record": None, "event_id": None, "jws": None})
    assert again.signed_members() == RECEIPT.signed_members()


def test_a_member_that_is_not_there_is_absent_rather_than_null() -> None:
    assert None not in RECEIPT.clear().values()
    assert "next_presence" not in RECEIPT.clear()
