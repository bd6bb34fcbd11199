"""Two contenders that both run and have the same work in turn: a bare loop, and ours."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from statistics import median
from typing import NamedTuple

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from tests.bench.rows import Row

ROUNDS, PARTITIONS, PATIENCE = 5, 6, 180.0
FLOOR, OURS = "bare.", ""
"""The contenders, by what their topics begin with."""

Seconds = Mapping[str, Sequence[float]]


class Sent(NamedTuple):
    """One record as it is sent."""

    value: bytes | None
    key: bytes | None
    headers: Sequence[tuple[str, bytes | None]]


async def in_turn(say: Callable[[str], None], work: Callable[[str, int], Awaitable[float]]) -> Seconds:
    """The seconds of each, five times in turn; what each did first, while it was cold, is not counted."""
    seconds: dict[str, list[float]] = {FLOOR: [], OURS: []}
    for n in range(ROUNDS + 1):
        for prefix in seconds:
            say(f"Round {n} of {ROUNDS}: {'the bare loop' if prefix else 'the service'}")
            took = await work(prefix, n)
            seconds[prefix] += [took] if n else []
    return seconds


async def time_until(kafka: str, topic: str, records: Sequence[Sent], said: str, of_each: int = 1) -> float:
    """Seconds from when the first record is sent to when so many records of each are said on another topic."""
    producer = AIOKafkaProducer(bootstrap_servers=kafka, acks="all", linger_ms=5, max_batch_size=262_144)
    answers = AIOKafkaConsumer(bootstrap_servers=kafka)
    await producer.start()
    await answers.start()
    try:
        expected = await records_on(answers, said) + of_each * len(records)
        started = time.perf_counter()
        sent = [await producer.send(topic, each.value, each.key, headers=list(each.headers)) for each in records]
        await asyncio.gather(*sent)
        async with asyncio.timeout(PATIENCE):
            while await records_on(answers, said) < expected:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        return time.perf_counter() - started
    finally:
        await producer.stop()
        await answers.stop()


async def records_on(consumer: AIOKafkaConsumer, topic: str) -> int:
    """How many records a topic has had so far."""
    return sum((await consumer.end_offsets([TopicPartition(topic, p) for p in range(PARTITIONS)])).values())


def compared(what: str, seconds: Seconds, records: int, goal: str) -> Row:
    """Both rates, and ours to the floor's, pair by pair."""
    pairs = [floor / ours for floor, ours in zip(seconds[FLOOR], seconds[OURS], strict=True)]
    ratio = f"{median(pairs):.2f} ({min(pairs):.2f} to {max(pairs):.2f})"
    return Row(what, _rates(seconds[FLOOR], records), _rates(seconds[OURS], records), ratio, goal)


def _rates(seconds: Sequence[float], records: int) -> str:
    rates = sorted(records / each for each in seconds)
    return f"{median(rates):.0f} ({rates[0]:.0f} to {rates[-1]:.0f})"
