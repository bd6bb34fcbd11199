"""Intake's Kafka door beside a bare loop with the same cryptography: both run, and have work in turn."""

import asyncio
import json
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from statistics import median
from uuid import uuid4

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from deploy.demo.following import published_keys
from deploy.demo.house import House
from deploy.local.stack import Stack
from deploy.samples.desk import Desk, Sample
from deploy.samples.people import a_consent, a_content
from tests.bench.bare import floors
from tests.bench.rows import Row

REPORTS, CONTENTS, ROUNDS = 4_000, 1_000, 5
STATION, PATIENCE = "PN-31-0001", 120.0
FLOOR, OURS = "bare.", ""
"""The contenders, by what their topics begin with."""


def measure(stack: Stack, say: Callable[[str], None]) -> list[Row]:
    """Both have the same work five times, in turn; what each did first, while it was cold, is not counted."""
    house = House(stack)
    house.open()
    try:
        for other in ("referral", "notification", "audit"):
            house.services[other].stop()
        with floors(stack, [["tests.bench.intake_floor"]]) as keys:
            desks = {FLOOR: Desk(keys, uuid4(), datetime.now(UTC)), OURS: _desk(house)}
            return [_row(asyncio.run(_in_turn(stack.settings()["RELAIS_KAFKA"], desks, say)))]
    finally:
        house.close()


def _desk(house: House) -> Desk:
    return Desk(published_keys(house), uuid4(), datetime.now(UTC))


def _row(seconds: dict[str, list[float]]) -> Row:
    pairs = [floor / ours for floor, ours in zip(seconds[FLOOR], seconds[OURS], strict=True)]
    ratio = f"{median(pairs):.2f} ({min(pairs):.2f} to {max(pairs):.2f})"
    return Row("intake's Kafka door, reports/s", _rates(seconds[FLOOR]), _rates(seconds[OURS]), ratio, "≥ 0.6")


def _rates(seconds: Sequence[float]) -> str:
    rates = sorted(REPORTS / each for each in seconds)
    return f"{median(rates):.0f} ({rates[0]:.0f} to {rates[-1]:.0f})"


async def _in_turn(kafka: str, desks: dict[str, Desk], say: Callable[[str], None]) -> dict[str, list[float]]:
    sealed = {prefix: contents(desk) for prefix, desk in desks.items()}
    seconds: dict[str, list[float]] = {prefix: [] for prefix in desks}
    for n in range(ROUNDS + 1):
        for prefix, desk in desks.items():
            say(f"Intake, round {n} of {ROUNDS}: {'the bare loop' if prefix else 'the service'}")
            took = await _one(kafka, prefix, list(_reports(desk, sealed[prefix], n)))
            seconds[prefix] += [took] if n else []
    return seconds


def contents(desk: Desk) -> Sequence[str]:
    """What people say, sealed once: to seal is not what is measured."""
    return [desk.seal(a_content(n, desk.now, a_consent("given"))) for n in range(CONTENTS)]


def _reports(desk: Desk, sealed: Sequence[str], turn: int) -> Iterator[Sample]:
    """Reports that were sealed before the clock runs; several may have the same content, none the same id."""
    for n in range(REPORTS):
        name = f"{turn} {n}"
        clear = desk.clear(name, STATION, sealed[n % len(sealed)])
        yield desk.record(name, STATION, json.dumps(clear).encode())


async def _one(kafka: str, prefix: str, samples: Sequence[Sample]) -> float:
    """Seconds from when the first report is sent to when the last is answered."""
    producer = AIOKafkaProducer(bootstrap_servers=kafka, acks="all", linger_ms=5, max_batch_size=262_144)
    answers = AIOKafkaConsumer(bootstrap_servers=kafka)
    await producer.start()
    await answers.start()
    try:
        expected = await answered(answers, prefix) + len(samples)
        started = time.perf_counter()
        topic = f"{prefix}station.reports.police"
        sent = [await producer.send(topic, each.value, each.key, headers=list(each.headers)) for each in samples]
        await asyncio.gather(*sent)
        async with asyncio.timeout(PATIENCE):
            while await answered(answers, prefix) < expected:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        return time.perf_counter() - started
    finally:
        await producer.stop()
        await answers.stop()


async def answered(answers: AIOKafkaConsumer, prefix: str) -> int:
    """How many reports have been answered so far."""
    places = [TopicPartition(f"{prefix}station.receipts.police", p) for p in range(6)]
    return sum((await answers.end_offsets(places)).values())
