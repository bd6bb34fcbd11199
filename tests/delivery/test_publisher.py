"""Rows handed over to the run's broker."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.partitioner import DefaultPartitioner

from cli.topics import make_topics
from deploy.local.stack import Stack
from shared.contracts.topics import RELAIS_CASES
from shared.delivery.broker import build_producer
from shared.delivery.publisher import Publisher, Row
from shared.settings import ServerSettings, read_settings
from tests.delivery.history import Said, read_all


@pytest.fixture(scope="module")
async def producer(stack: Stack, namespace: str) -> AsyncIterator[AIOKafkaProducer]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {**stack.settings(), "RELAIS_NAMESPACE": namespace}.items():
            patch.setenv(name, value)
        settings = read_settings(ServerSettings)
    await make_topics(settings, [RELAIS_CASES])
    producer = build_producer(settings.kafka)
    await producer.start()
    yield producer
    await producer.stop()


def a_row(subject: str, n: int, size: int) -> Row:
    headers = {
        "ce_id": str(uuid4()),
        "ce_source": "/relais/referral/cases",
        "ce_subject": subject,
        "ce_sequence": f"{n}",
    }
    return {"topic": RELAIS_CASES.name, "subject": subject, "headers": headers, "bytes": b"x" * size}


async def handed_over(producer: AIOKafkaProducer, stack: Stack, namespace: str, rows: list[Row]) -> list[Said]:
    """These rows as they then stand on their topic."""
    acknowledged: list[Any] = []
    async for future, batch in Publisher(producer, namespace).hand_over(rows):
        await future
        acknowledged += batch
    assert sorted(map(id, acknowledged)) == sorted(map(id, rows))
    ids = {row["headers"]["ce_id"] for row in rows}
    said = await read_all(stack.settings()["RELAIS_KAFKA"], [f"{namespace}.{RELAIS_CASES.name}"])
    return [each for each in said if each.id in ids]


async def test_rows_stand_on_the_partition_that_any_kafka_client_would_choose(
    producer: AIOKafkaProducer, stack: Stack, namespace: str
) -> None:
    rows = [a_row(str(uuid4()), 1, 10) for _ in range(50)]
    said = await handed_over(producer, stack, namespace, rows)
    partitions = list(range(RELAIS_CASES.partitions))
    chosen = {each.key: DefaultPartitioner()(each.key.encode(), partitions, partitions) for each in said}
    assert {each.key: each.partition for each in said} == chosen
    assert len(said) == 50


async def test_rows_that_fill_several_batches_stay_in_order(
    producer: AIOKafkaProducer, stack: Stack, namespace: str
) -> None:
    subject = str(uuid4())
    said = await handed_over(producer, stack, namespace, [a_row(subject, n, 60_000) for n in range(1, 15)])
    assert [each.headers["ce_sequence"] for each in said] == [f"{n}" for n in range(1, 15)]


async def test_a_row_larger_than_a_batch_is_sent_alone(
    producer: AIOKafkaProducer, stack: Stack, namespace: str
) -> None:
    rows = [a_row(str(uuid4()), 1, size) for size in (10, 512 * 1024, 10)]
    assert len(await handed_over(producer, stack, namespace, rows)) == 3


async def test_rows_of_a_topic_that_is_not_there_stop_no_others(
    producer: AIOKafkaProducer, stack: Stack, namespace: str
) -> None:
    lost, good = a_row(str(uuid4()), 1, 10) | {"topic": "station.receipts.gone"}, a_row(str(uuid4()), 1, 10)
    handed = [row async for _, batch in Publisher(producer, namespace).hand_over([lost, good]) for row in batch]
    assert handed == [good]
