"""The scenario at the Kafka door: sealed reports on `station.reports.<integrator>`, receipts beside them."""

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from uuid import uuid4

import orjson
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from joserfc.jwk import KeySetSerialization

from relais_kit.base import Json
from relais_kit.door import SUBMITTED, WITHDRAWN
from relais_kit.keys import check_receipt, sealed
from relais_kit.samples import REFUSED
from relais_kit.scenario import INVALID, OTHER, again, fresh, withdrawal
from relais_kit.steps import Ended, Steps, Unexpected, expect

PATIENCE = 30.0
STRUCTURED = "application/cloudevents+json"


@dataclass
class Broker:
    """A Relais' broker, as an integrator's software meets it."""

    integrator: str
    station: str
    keys: KeySetSerialization
    producer: AIOKafkaProducer
    consumer: AIOKafkaConsumer
    loop: asyncio.AbstractEventLoop
    heard: list[Json] = field(default_factory=list)

    def hand_in(self, data: Any, type_: str = SUBMITTED, *, structured: bool = False) -> Json:
        """Send a record, and wait for the receipt that names it."""
        sends = sealed(data, self.keys) if isinstance(data, dict) and "content" in data else data
        return self.loop.run_until_complete(self._hand_in(sends, type_, structured))

    async def _hand_in(self, data: Json, type_: str, structured: bool) -> Json:
        source, subject = f"/stations/{self.integrator}/{self.station}", str(data["report_id"])
        named = {"specversion": "1.0", "id": str(uuid4()), "type": type_, "source": source, "subject": subject}
        if structured:
            value, headers = orjson.dumps(named | {"data": data}), [("content-type", STRUCTURED.encode())]
        else:
            value, headers = orjson.dumps(data), [(f"ce_{name}", text.encode()) for name, text in named.items()]
            headers.append(("content-type", b"application/json"))
        topic = f"station.reports.{self.integrator}"
        place = await self.producer.send_and_wait(topic, value, subject.encode(), headers=headers)
        record = {"topic": topic, "partition": place.partition, "offset": place.offset}
        found = await self._receipt(record)
        check_receipt(found, self.keys)
        return found | {"value_sha256": sha256(value).hexdigest()}

    async def _receipt(self, record: Json) -> Json:
        try:
            async with asyncio.timeout(PATIENCE):
                while not (found := [each for each in self.heard if each.get("record") == record]):
                    self.heard.append(orjson.loads((await self.consumer.getone()).value or b"{}"))
        except TimeoutError:
            raise Unexpected(f"no receipt within {PATIENCE:.0f} s") from None
        return found[0]


step: Steps[Broker] = Steps()


def play(kafka: str, keys: KeySetSerialization, integrator: str, station: str) -> Iterator[Ended]:
    """Every step at the broker."""
    with asyncio.Runner() as runner:
        stack, loop = AsyncExitStack(), runner.get_loop()
        producer, consumer = runner.run(_clients(stack, kafka, integrator))
        try:
            yield from step.play(Broker(integrator, station, keys, producer, consumer, loop))
        finally:
            runner.run(stack.aclose())


async def _clients(stack: AsyncExitStack, kafka: str, integrator: str) -> tuple[AIOKafkaProducer, AIOKafkaConsumer]:
    producer = AIOKafkaProducer(bootstrap_servers=kafka, acks="all", enable_idempotence=True)
    consumer = AIOKafkaConsumer(
        f"station.receipts.{integrator}", bootstrap_servers=kafka, group_id=None, auto_offset_reset="latest"
    )
    for client in (producer, consumer):
        await stack.enter_async_context(client)
    await consumer.seek_to_end()
    for partition in consumer.assignment():
        await consumer.position(partition)
    return producer, consumer


@step("a report is accepted, and its receipt is signed over its very bytes")
def _accepted(broker: Broker) -> None:
    found = broker.hand_in(fresh(broker))
    expect("outcome", found["outcome"], "accepted")
    expect("sha256", found["sha256"], found["value_sha256"])


@step("a structured event is accepted")
def _structured(broker: Broker) -> None:
    expect("outcome", broker.hand_in(fresh(broker), structured=True)["outcome"], "accepted")


@step("a repeat, sealed anew, gets the same receipt")
def _repeated(broker: Broker) -> None:
    report = fresh(broker)
    first, second = broker.hand_in(report), broker.hand_in(report)
    expect("signature", second["jws"], first["jws"])


@step("other content under a taken id is rejected")
def _conflict(broker: Broker) -> None:
    report = fresh(broker)
    broker.hand_in(report)
    expect("reason", broker.hand_in(again(broker, report, OTHER)).get("reason"), "report-id-reused")


@step("a correction is taken, and what is older than it is stale")
def _corrected(broker: Broker) -> None:
    report = fresh(broker)
    broker.hand_in(report)
    expect("outcome", broker.hand_in(again(broker, report, OTHER, revision=3))["outcome"], "corrected")
    expect("reason", broker.hand_in(again(broker, report, revision=2)).get("reason"), "stale-revision")


@step("a correction before its report is kept, and follows it")
def _kept(broker: Broker) -> None:
    report = fresh(broker)
    expect("outcome", broker.hand_in(again(broker, report, OTHER, revision=2))["outcome"], "kept")
    expect("outcome", broker.hand_in(report)["outcome"], "accepted")
    expect("reason", broker.hand_in(again(broker, report, revision=1)).get("reason"), "stale-revision")


@step("a withdrawal is taken, and uses the id up")
def _withdrawn(broker: Broker) -> None:
    report = fresh(broker)
    broker.hand_in(report)
    expect("outcome", broker.hand_in(withdrawal(report), WITHDRAWN)["outcome"], "withdrawn")
    expect("reason", broker.hand_in(again(broker, report, revision=3)).get("reason"), "report-id-reused")


@step("a refused contact is counted")
def _counted(broker: Broker) -> None:
    expect("outcome", broker.hand_in(fresh(broker, *REFUSED))["outcome"], "counted")


@step("every fault is told at once, by place and code")
def _faults(broker: Broker) -> None:
    found = broker.hand_in(fresh(broker, *INVALID))
    faults = {(fault["pointer"], fault["code"]) for fault in found.get("faults", ())}
    expect("faults", faults, {("/urgency", "not-in-list"), ("/content/origin", "not-in-list")})


@step("a station that nobody knows is rejected")
def _unknown_station(broker: Broker) -> None:
    expect("reason", broker.hand_in(fresh(broker, station="XX-99-9999")).get("reason"), "unknown-station")
