"""Intake's memory over very many reports: what it holds after the first of them, it holds after the last."""

import asyncio
import json
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from uuid import uuid4

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from deploy.demo.following import published_keys
from deploy.demo.house import House
from deploy.local.stack import Stack
from deploy.samples.desk import Desk, Sample
from tests.bench.contenders import records_on
from tests.bench.intake import STATION, contents
from tests.bench.rows import Row, used

REPORTS, PART, PATIENCE = 200_000, 20_000, 600.0
MEBI = 1024 * 1024


def measure(stack: Stack, say: Callable[[str], None]) -> list[Row]:
    """The reports come in parts; after each its memory is read, and those after the first are compared with it."""
    house = House(stack)
    house.open()
    try:
        for other in ("referral", "notification", "audit"):
            house.services[other].stop()
        held = asyncio.run(_hand_in(house, say))
    finally:
        house.close()
    first, rest = held[0], held[1:]
    told = f"{min(rest):.0f} to {max(rest):.0f} MB, at last {rest[-1]:.0f} MB"
    ratio = f"{min(rest) / first:.2f} to {max(rest) / first:.2f}"
    return [Row(f"intake's memory over {REPORTS} reports", f"{first:.0f} MB after {PART}", told, ratio, "0.9 to 1.1")]


async def _hand_in(house: House, say: Callable[[str], None]) -> list[float]:
    kafka, pid = house.stack.settings()["RELAIS_KAFKA"], house.services["intake"].process.pid() or 0
    desk = Desk(published_keys(house), uuid4(), datetime.now(UTC))
    sealed = contents(desk)
    held = []
    producer = AIOKafkaProducer(bootstrap_servers=kafka, acks="all", linger_ms=5, max_batch_size=262_144)
    answers = AIOKafkaConsumer(bootstrap_servers=kafka)
    async with producer, answers:
        for part in range(REPORTS // PART):
            say(f"Memory: part {part + 1} of {REPORTS // PART}")
            for sample in _reports(desk, sealed, part):
                topic = f"station.reports.{sample.integrator}"
                await producer.send(topic, sample.value, sample.key, headers=list(sample.headers))
            await producer.flush()
            async with asyncio.timeout(PATIENCE):
                while await records_on(answers, "station.receipts.police") < (part + 1) * PART:  # noqa: ASYNC110
                    await asyncio.sleep(0.2)
            held.append(used(pid).rss / MEBI)
    return held


def _reports(desk: Desk, sealed: Sequence[str], part: int) -> Iterator[Sample]:
    for n in range(PART):
        name = f"{part} {n}"
        clear = desk.clear(name, STATION, sealed[n % len(sealed)])
        yield desk.record(name, STATION, json.dumps(clear).encode())
