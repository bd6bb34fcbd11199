"""A receipt's headers are those that vendors are told of in the AsyncAPI document."""

import jsonschema_rs
import pytest

from shared.contracts.asyncapi import asyncapi
from shared.contracts.events import ReceiptIssued
from tests.intake.several_faults import an_attempt, said_at_kafka

TOLD = asyncapi()["components"]["messages"]["ReceiptIssued"]["headers"]


@pytest.mark.parametrize("faults", [(), ("invalid",), ("too-large",), ("stale-revision",)])
async def test_the_headers_of_a_receipt_are_as_vendors_are_told(faults: tuple[str, ...]) -> None:
    [receipt] = [each for each in await said_at_kafka(an_attempt(faults)) if isinstance(each.event, ReceiptIssued)]
    headers = receipt.envelope.headers()
    jsonschema_rs.validate(TOLD, headers)
    assert {"ce_id", "ce_sequence", "ce_subject"} <= set(TOLD["required"]) <= headers.keys()
