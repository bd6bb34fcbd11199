"""Sends samples as integrators' software does, from several producers at once; only what is acknowledged counts."""

import asyncio
from collections.abc import Callable, Iterable

from aiokafka import AIOKafkaProducer
from aiokafka.structs import RecordMetadata

from deploy.demo.history import Place, Sent
from deploy.samples.desk import Sample

LARGEST_REQUEST = 4 * 1_048_576
"""Some samples are meant to be too large for intake, and not for the broker."""


async def send_all(kafka: str, namespace: str, samples: Iterable[Sample], on_sent: Callable[[Sent], None]) -> None:
    """Send every sample, all integrators at once, each its own in order; tell of each one once it is acknowledged."""
    by_integrator: dict[str, list[Sample]] = {}
    for sample in samples:
        by_integrator.setdefault(sample.integrator, []).append(sample)
    async with asyncio.TaskGroup() as group:
        for integrator, own in by_integrator.items():
            group.create_task(_send(kafka, namespace, f"station.reports.{integrator}", own, on_sent))


async def _send(kafka: str, namespace: str, topic: str, samples: list[Sample], on_sent: Callable[[Sent], None]) -> None:
    producer = AIOKafkaProducer(
        bootstrap_servers=kafka, acks="all", enable_idempotence=True, max_request_size=LARGEST_REQUEST
    )
    await producer.start()
    try:
        for sample in samples:
            at = f"{namespace}.{topic}" if namespace else topic
            done: RecordMetadata = await producer.send_and_wait(
                at, sample.value, sample.key, headers=list(sample.headers)
            )
            on_sent(Sent(sample.name, Place(topic, done.partition, done.offset), int(done.timestamp or 0)))
    finally:
        await producer.stop()
