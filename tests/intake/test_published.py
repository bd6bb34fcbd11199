"""What vendors build on is what the doors do: the published documents, and calls made of them alone."""

from typing import Any

import jsonschema_rs
import orjson

from services.intake.http.documents import documents
from shared.contracts.asyncapi import asyncapi
from shared.contracts.documents import differing
from shared.contracts.topics import station_receipts, station_reports
from shared.web.problems import KINDS
from shared.web.roles import DOORS, Role
from tests.contracts.builders import Json
from tests.intake.counter import Counter, a_clear_report, an_event, dumped, typed


async def published(doors: Counter, path: str) -> Json:
    answer = await doors.ask(path)
    assert answer.status_code == 200
    return dict(answer.json())


async def checked_by(doors: Counter, part: str) -> Any:
    """A validator of one part of the published OpenAPI document."""
    schemas = (await published(doors, "/v1/openapi.json"))["components"]["schemas"]
    schema = {"$ref": f"#/components/schemas/{part}", "components": {"schemas": schemas}}
    return jsonschema_rs.Draft202012Validator(schema)


def test_the_documents_for_vendors_are_those_of_the_doors() -> None:
    assert differing(documents()) == []


async def test_the_service_publishes_the_same_to_everybody(doors: Counter) -> None:
    for path, content in documents().items():
        assert await published(doors, f"/v1/{path.name}") == orjson.loads(content)
    schema = await published(doors, "/v1/schemas/station.receipt-issued.v1")
    assert schema["title"] == "station.receipt-issued.v1"
    assert (await doors.ask("/v1/schemas/report.accepted.v1")).status_code == 404


async def test_every_door_for_vendors_is_described(doors: Counter) -> None:
    described = (await published(doors, "/v1/openapi.json"))["paths"]
    told = {f"{method.upper()} {path}" for path, methods in described.items() for method in methods}
    vendors = {f"{door.method} {door.path}" for door in DOORS if door.roles == (Role.INTEGRATOR,)}
    assert vendors <= told
    for path, methods in described.items():
        for method, told_of in methods.items():
            is_signed_in = f"{method.upper()} {path}" in vendors
            assert bool(told_of.get("security")) == is_signed_in


async def test_what_the_doors_answer_is_as_described(doors: Counter) -> None:
    problem, receipt = await checked_by(doors, "Problem"), await checked_by(doors, "ReceiptIssued")
    batch = await checked_by(doors, "BatchAnswer")
    good, faulty = a_clear_report(), a_clear_report(urgency="soon")
    receipt.validate((await doors.hand_in(dumped(good))).json())
    problem.validate((await doors.hand_in(dumped(faulty))).json())
    problem.validate((await doors.hand_in(b"{")).json())
    many = await doors.hand_in(dumped([an_event(good), an_event(faulty)]), typed("application/cloudevents-batch+json"))
    batch.validate(many.json())


async def test_what_is_described_as_a_report_is_one_and_others_are_not(doors: Counter) -> None:
    described = await checked_by(doors, "Report")
    assert described.is_valid(a_clear_report())
    assert not described.is_valid(a_clear_report(urgency="soon"))
    assert not described.is_valid({**a_clear_report(), "stray": 1})
    assert (await checked_by(doors, "ReportEvent")).is_valid(an_event(a_clear_report()))


def test_every_kind_of_problem_is_described() -> None:
    document = orjson.loads(documents()[next(path for path in documents() if path.name == "openapi.json")])
    assert set(document["components"]["schemas"]["Problem"]["properties"]["type"]["enum"]) == {
        kind.type for kind in KINDS.values()
    }


def test_every_event_for_vendors_is_a_message_of_its_channel() -> None:
    channels = asyncapi()["channels"]
    for name, topic in (("reports", station_reports("{integrator}")), ("receipts", station_receipts("{integrator}"))):
        assert channels[name]["address"] == topic.name
        assert set(channels[name]["messages"]) == {event.__name__ for event in topic.events}
