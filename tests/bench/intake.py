"""Intake's Kafka door beside a bare loop with the same cryptography: both run, and have work in turn."""

import asyncio
import json
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from uuid import uuid4

from deploy.demo.following import published_keys
from deploy.demo.house import House
from deploy.local.stack import Stack
from deploy.samples.desk import Desk, Sample
from deploy.samples.people import a_consent, a_content
from tests.bench.bare import floors
from tests.bench.contenders import FLOOR, OURS, Seconds, Sent, compared, in_turn, time_until
from tests.bench.rows import Row

REPORTS, CONTENTS, STATION = 4_000, 1_000, "PN-31-0001"


def measure(stack: Stack, say: Callable[[str], None]) -> list[Row]:
    """Both have the same work five times, in turn; what each did first, while it was cold, is not counted."""
    house = House(stack)
    house.open()
    try:
        for other in ("referral", "notification", "audit"):
            house.services[other].stop()
        with floors(stack, [["tests.bench.intake_floor"]]) as floor:
            desks = {FLOOR: Desk(floor.keys, uuid4(), datetime.now(UTC)), OURS: _desk(house)}
            seconds = asyncio.run(_in_turn(stack.settings()["RELAIS_KAFKA"], desks, say))
            return [compared("intake's Kafka door, reports/s", seconds, REPORTS, "≥ 0.6")]
    finally:
        house.close()


def _desk(house: House) -> Desk:
    return Desk(published_keys(house), uuid4(), datetime.now(UTC))


async def _in_turn(kafka: str, desks: dict[str, Desk], say: Callable[[str], None]) -> Seconds:
    sealed = {prefix: contents(desk) for prefix, desk in desks.items()}

    async def work(prefix: str, n: int) -> float:
        samples = _reports(desks[prefix], sealed[prefix], n)
        records = [Sent(each.value, each.key, list(each.headers)) for each in samples]
        return await time_until(kafka, f"{prefix}station.reports.police", records, f"{prefix}station.receipts.police")

    return await in_turn(say, work)


def contents(desk: Desk) -> Sequence[str]:
    """What people say, sealed once: to seal is not what is measured."""
    return [desk.seal(a_content(n, desk.now, a_consent("given"))) for n in range(CONTENTS)]


def _reports(desk: Desk, sealed: Sequence[str], turn: int) -> Iterator[Sample]:
    """Reports that were sealed before the clock runs; several may have the same content, none the same id."""
    for n in range(REPORTS):
        name = f"{turn} {n}"
        clear = desk.clear(name, STATION, sealed[n % len(sealed)])
        yield desk.record(name, STATION, json.dumps(clear).encode())
