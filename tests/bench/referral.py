"""Referral beside a bare loop with the same cryptography and writes: both run, and have accepted reports in turn."""

import asyncio
import os
import time
from base64 import b64encode
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from statistics import median
from typing import Any
from uuid import UUID, uuid5

import orjson
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from deploy.demo.house import House
from deploy.local.stack import Stack
from services.referral.migrations import MIGRATIONS
from services.referral.settings import ReferralSettings
from shared.delivery.envelope import Envelope
from shared.delivery.opening import open_delivery
from shared.settings import read_settings
from shared.vault import Plain, Vault
from shared.watch.metrics import Metrics
from tests.bench.bare import floors
from tests.bench.rows import Row
from tests.referral.builders import a_report

REPORTS, ROUNDS, PATIENCE = 2_000, 5, 180.0
FLOOR, OURS = "bare.", ""
"""The contenders, by what their topics begin with."""
SALT = UUID("6f0f3c1c-2b0a-4a57-9e3a-3a8d2f7f6a11")
SAID_OF_EACH = 2
"""A case was opened, an ISCG was given it."""

Record = tuple[bytes, bytes, list[tuple[str, bytes]]]


def measure(stack: Stack, say: Callable[[str], None]) -> list[Row]:
    """Both have the same work five times, in turn; what each did first, while it was cold, is not counted."""
    house = House(stack)
    house.open()
    try:
        for other in ("intake", "notification", "audit"):
            house.services[other].stop()
        os.environ.update({**stack.settings(), **house.settings()})
        with floors(stack, [["tests.bench.referral_floor"]]):
            return [_row(asyncio.run(_in_turn(say)))]
    finally:
        house.close()


def _row(seconds: dict[str, list[float]]) -> Row:
    pairs = [floor / ours for floor, ours in zip(seconds[FLOOR], seconds[OURS], strict=True)]
    ratio = f"{median(pairs):.2f} ({min(pairs):.2f} to {max(pairs):.2f})"
    return Row("referral, reports/s", _rates(seconds[FLOOR]), _rates(seconds[OURS]), ratio, "≥ 0.4")


def _rates(seconds: Sequence[float]) -> str:
    rates = sorted(REPORTS / each for each in seconds)
    return f"{median(rates):.0f} ({rates[0]:.0f} to {rates[-1]:.0f})"


async def _in_turn(say: Callable[[str], None]) -> dict[str, list[float]]:
    settings, seconds = read_settings(ReferralSettings), {FLOOR: list[float](), OURS: list[float]()}
    async with open_delivery(settings, ("contact", "file"), MIGRATIONS, Metrics("referral")) as delivery:
        for n in range(ROUNDS + 1):
            for prefix in seconds:
                say(f"Referral, round {n} of {ROUNDS}: {'the bare loop' if prefix else 'the service'}")
                records = await _records(delivery.vault, f"{prefix}{n}")
                took = await _one(settings.kafka, prefix, records)
                seconds[prefix] += [took] if n else []
    return seconds


async def _records(vault: Vault, name: str) -> list[Record]:
    """Accepted reports of as many cases, sealed before the clock runs."""
    now, records = datetime.now(UTC), list[Record]()
    for n in range(0, REPORTS, 500):
        ids = [uuid5(SALT, f"{name} {n + k}") for k in range(500)]
        reports = [a_report(case_id=id_, report_id=uuid5(id_, "report"), received_at=now) for id_ in ids]
        plain: list[Any] = [
            Plain(each.sealed_members()[part], str(each.case_id), block)
            for each in reports
            for part, block in each.blocks().items()
        ]
        sealed = iter(await vault.seal_many(plain))
        for each in reports:
            body = each.clear() | {part: b64encode(next(sealed)).decode() for part in each.blocks()}
            source, subject = "/relais/intake/intake", str(each.case_id)
            envelope = Envelope(uuid5(each.case_id, "accepted"), each.type, source, subject, now, 1, subject)
            headers = [(header, text.encode()) for header, text in envelope.headers().items()]
            records.append((orjson.dumps(body), subject.encode(), headers))
    return records


async def _one(kafka: str, prefix: str, records: Sequence[Record]) -> float:
    """Seconds from when the first report is sent to when all that follows of the last is said."""
    producer = AIOKafkaProducer(bootstrap_servers=kafka, acks="all", linger_ms=5, max_batch_size=262_144)
    said = AIOKafkaConsumer(bootstrap_servers=kafka)
    await producer.start()
    await said.start()
    try:
        expected = await _said(said, prefix) + SAID_OF_EACH * len(records)
        started = time.perf_counter()
        sent = [await producer.send(f"{prefix}relais.intake", value, key, headers=h) for value, key, h in records]
        await asyncio.gather(*sent)
        async with asyncio.timeout(PATIENCE):
            while await _said(said, prefix) < expected:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        return time.perf_counter() - started
    finally:
        await producer.stop()
        await said.stop()


async def _said(said: AIOKafkaConsumer, prefix: str) -> int:
    places = [TopicPartition(f"{prefix}relais.cases", p) for p in range(6)]
    return sum((await said.end_offsets(places)).values())
