"""Every sample, sent by two integrators at once to intake as a process, ends on Kafka as `expected.csv` says."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import uuid4

from deploy.samples.desk import Sample
from deploy.samples.reports import sample_reports
from tests.delivery.history import Said, faults, read_all
from tests.intake.conftest import World, body
from tests.intake.test_process import published_keys
from tests.intake.test_samples import Row, expected

Place = tuple[str, int, int]
INTEGRATORS = ("police", "gendarmerie")
TOPICS = ("relais.intake", *(f"station.receipts.{integrator}" for integrator in INTEGRATORS))


async def send_in_order(world: World, samples: Sequence[Sample]) -> dict[Place, str]:
    """Send as one integrator does. Which sample stands where."""
    stand: dict[Place, str] = {}
    for sample in samples:
        topic = f"{world.namespace}.station.reports.{sample.integrator}"
        sent = await world.producer.send_and_wait(topic, sample.value, sample.key, headers=list(sample.headers))
        stand[f"station.reports.{sample.integrator}", sent.partition, sent.offset] = sample.name
    return stand


async def answers(world: World, many: int) -> list[Said]:
    """All that intake says, once it has answered or set aside so many records."""
    async with asyncio.timeout(60):
        while True:
            said = await read_all(world.kafka, [f"{world.namespace}.{topic}" for topic in TOPICS])
            if len([each for each in said if place_in(each)]) >= many:
                return said
            await asyncio.sleep(0.5)


def place_in(said: Said) -> Place | None:
    """The record that a receipt answers, or that was set aside."""
    place = body(said).get("record") or body(said).get("place")
    return (place["topic"], place["partition"], place["offset"]) if place else None


def end_of(said: Said) -> Row:
    """The end that this event tells, in the words of `expected.csv`."""
    members = body(said)
    if "outcome" not in members:
        return {"outcome": "", "reason": "", "set_aside": members["reason"]}
    return {"outcome": members["outcome"], "reason": members.get("reason", ""), "set_aside": ""}


async def test_every_sample_ends_on_kafka_as_the_table_says(world: World) -> None:
    samples = sample_reports(await published_keys(world), uuid4(), datetime.now(UTC))  # type: ignore[arg-type] # JSON
    by_integrator = [[each for each in samples if each.integrator == integrator] for integrator in INTEGRATORS]
    stand: dict[Place, str] = {}
    for sent in await asyncio.gather(*(send_in_order(world, each) for each in by_integrator)):
        stand |= sent
    said = await answers(world, len(samples))
    ends = {stand[place]: end_of(each) for each in said if (place := place_in(each))}
    assert ends.keys() == expected().keys()
    for name, end in ends.items():
        assert {column: expected()[name][column] for column in end} == end, name
    assert list(faults(said)) == []
