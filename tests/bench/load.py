"""The same load for everybody: accepted reports of some thousands of cases, prefilled on the intake topic."""

import asyncio
from collections import defaultdict
from uuid import UUID, uuid5

import orjson
from aiokafka import AIOKafkaProducer

from tests.delivery.toy import a_report, envelope_of

RECORDS, CASES, PARTITIONS, BATCH = 12_000, 3_000, 6, 500
BODY_BYTES = 1_200
SALT = UUID("6f0f3c1c-2b0a-4a57-9e3a-3a8d2f7f6a10")


async def prefill(kafka: str, topic: str) -> None:
    """Put every record on the topic, each case in order, 1.2 KB a body."""
    producer = AIOKafkaProducer(bootstrap_servers=kafka, acks="all", linger_ms=5, max_batch_size=262_144)
    await producer.start()
    sequences: dict[UUID, int] = defaultdict(int)
    sent = []
    for n in range(RECORDS):
        case = uuid5(SALT, f"{topic} {n % CASES}")
        sequences[case] += 1
        event = a_report(case, sequences[case])
        headers = envelope_of(event, case, sequences[case]).headers()
        body = orjson.dumps(event.clear() | {"pad": "x" * (BODY_BYTES - 480)})
        headers["traceparent"] = f"00-{case.hex}-{case.hex[:16]}-00"
        carried = [(name, text.encode()) for name, text in headers.items()]
        sent.append(await producer.send(topic, body, str(case).encode(), headers=carried))
    await asyncio.gather(*sent)
    await producer.stop()
