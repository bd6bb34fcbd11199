import asyncio
import json
from uuid import uuid4

import httpx
import orjson
import pytest
import rfc8785
from aiokafka import AIOKafkaProducer

from shared.contracts.cloudevent import STRUCTURED
from shared.contracts.vocabulary import SetAsideReason
from shared.vault.sign import verify
from tests.contracts.builders import Json, a_clear_part, a_content
from tests.delivery.history import Said, faults, read_all
from tests.intake.builders import STATION, headers
from tests.intake.conftest import World, body

RECEIPTS = "station.receipts.gendarmerie"


async def published_keys(world: World) -> Json:
    async with httpx.AsyncClient() as client:
        answer = await client.get(f"{world.service.address}/.well-known/jwks.json")
        keys: Json = answer.raise_for_status().json()
        return keys


async def a_report(world: World, report_id: object, **clear: object) -> bytes:
    """A report sealed with the published keys, by a library that vendors may use."""
    from joserfc import jwe
    from joserfc.jwk import ECKey

    [key] = [each for each in (await published_keys(world))["keys"] if each["use"] == "enc"]
    protected = {"alg": "ECDH-ES+A256KW", "enc": "A256GCM", "kid": key["kid"]}
    sealed = jwe.encrypt_compact(protected, json.dumps(a_content()).encode(), ECKey.import_key(key))
    return orjson.dumps(a_clear_part(report_id=str(report_id), station=STATION, sealed=sealed) | clear)


def outcome(said: Said) -> str:
    return str(body(said)["outcome"])


async def test_a_report_is_accepted_and_its_receipt_can_be_checked(world: World) -> None:
    report_id = uuid4()
    await world.send(await a_report(world, report_id), report_id=report_id)
    [said] = await world.heard(RECEIPTS, report_id)
    receipt = body(said)
    members = {name: value for name, value in receipt.items() if name not in ("record", "event_id", "jws")}
    assert receipt["outcome"] == "accepted"
    assert verify(receipt["jws"], await published_keys(world)) == rfc8785.dumps(members)  # type: ignore[arg-type] # JSON


@pytest.mark.parametrize("codec", ["gzip", "snappy", "lz4", "zstd"])
async def test_a_structured_event_in_a_batch_of_any_codec_is_accepted(world: World, codec: str) -> None:
    report_id = uuid4()
    attributes = {
        "specversion": "1.0",
        "id": str(uuid4()),
        "type": "station.report-submitted.v1",
        "source": "/stations",
    }
    event = attributes | {"data": orjson.loads(await a_report(world, report_id))}
    producer = AIOKafkaProducer(bootstrap_servers=world.kafka, acks="all", compression_type=codec)
    async with producer:
        topic, carried = f"{world.namespace}.station.reports.gendarmerie", [("content-type", STRUCTURED.encode())]
        await producer.send_and_wait(topic, orjson.dumps(event), str(report_id).encode(), headers=carried)
    [said] = await world.heard(RECEIPTS, report_id)
    assert outcome(said) == "accepted"
    assert body(said)["event_id"] == event["id"]


async def test_nothing_of_the_person_leaves_intake_in_clear(world: World) -> None:
    report_id = uuid4()
    await world.send(await a_report(world, report_id), report_id=report_id)
    await world.heard(RECEIPTS, report_id)
    every = await read_all(world.kafka, [f"{world.namespace}.relais.intake"])
    for said in every:
        text = said.value + b"".join(value.encode() for value in said.headers.values())
        for canary in (b"EXAMPLE", b"+33639980001", b"violence-in-couple", b"b7c1e9"):
            assert canary not in text


async def test_the_same_report_again_gets_the_same_receipt_and_nothing_else(world: World) -> None:
    report_id = uuid4()
    for _ in range(3):
        await world.send(await a_report(world, report_id), report_id=report_id)
    receipts = await world.heard(RECEIPTS, report_id, many=3)
    assert len({body(said)["jws"] for said in receipts}) == 1
    assert len({said.id for said in receipts}) == 3
    every = await read_all(world.kafka, [f"{world.namespace}.relais.intake"])
    assert len([said for said in every if body(said).get("report_id") == str(report_id)]) == 1


async def test_other_content_under_a_taken_id_is_rejected(world: World) -> None:
    report_id = uuid4()
    await world.send(await a_report(world, report_id), report_id=report_id)
    await world.send(await a_report(world, report_id, urgency="immediate"), report_id=report_id)
    receipts = await world.heard(RECEIPTS, report_id, many=2)
    assert [outcome(said) for said in receipts] == ["accepted", "rejected"]
    assert body(receipts[1])["reason"] == "report-id-reused"


async def test_an_invalid_report_learns_every_fault_and_no_value_comes_back(world: World) -> None:
    report_id = uuid4()
    await world.send(await a_report(world, report_id, urgency="Canari", test="Canari"), report_id=report_id)
    [said] = await world.heard(RECEIPTS, report_id)
    assert {fault["pointer"] for fault in body(said)["faults"]} == {"/urgency", "/test"}
    assert b"Canari" not in said.value


@pytest.mark.parametrize(
    ("integrator", "station", "reason"),
    [("gendarmerie", "PN-31-9999", "unknown-station"), ("police", STATION, "station-not-allowed")],
)
async def test_a_station_that_may_not_report_is_told_why(
    world: World, integrator: str, station: str, reason: str
) -> None:
    report_id = uuid4()
    value = await a_report(world, report_id, station=station)
    await world.send(value, report_id=report_id, integrator=integrator)
    [said] = await world.heard(f"station.receipts.{integrator}", report_id)
    assert body(said)["reason"] == reason


async def test_rubbish_is_set_aside_and_delays_nobody(world: World) -> None:
    report_id = uuid4()
    await world.send(b"{", report_id=uuid4())
    await world.send(None, report_id=uuid4())
    await world.send(b"{}", (("ce_id", None),), report_id=uuid4())
    await world.send(await a_report(world, report_id), report_id=report_id)
    assert outcome((await world.heard(RECEIPTS, report_id))[0]) == "accepted"
    aside = await set_aside(world)
    assert {SetAsideReason.NOT_JSON, SetAsideReason.NULL_VALUE, SetAsideReason.UNREADABLE_HEADERS} <= aside


async def set_aside(world: World) -> set[str]:
    every = await read_all(world.kafka, [f"{world.namespace}.relais.intake"])
    return {body(said)["reason"] for said in every if said.headers["ce_type"] == "delivery.record-set-aside.v1"}


async def test_a_body_of_a_mebibyte_and_ten_thousand_headers_are_answered(world: World) -> None:
    large, many = uuid4(), uuid4()
    await world.send(b"x" * 1_048_576, report_id=large)
    carried = (*headers(ce_subject=str(many)), *((f"x-{n}", b"1") for n in range(10_000)))
    await world.send(await a_report(world, many), carried, report_id=many)
    assert body((await world.heard(RECEIPTS, large))[0])["reason"] == "too-large"
    assert outcome((await world.heard(RECEIPTS, many))[0]) == "accepted"


async def test_a_kill_in_the_middle_loses_no_report_and_repeats_no_outcome(world: World) -> None:
    reports = [uuid4() for _ in range(60)]
    for n, report_id in enumerate(reports):
        await world.send(await a_report(world, report_id), report_id=report_id)
        if n in (20, 40):
            await asyncio.to_thread(world.service.kill)
            await asyncio.to_thread(world.service.start)
    for report_id in reports:
        receipts = await world.heard(RECEIPTS, report_id)
        assert {outcome(said) for said in receipts} == {"accepted"}
    topics = [f"{world.namespace}.{name}" for name in ("relais.intake", RECEIPTS)]
    assert list(faults(await read_all(world.kafka, topics))) == []
