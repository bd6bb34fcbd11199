"""Records that no client can read: intake sets each aside and answers everybody else."""

from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from aiokafka import TopicPartition
from pymongo import AsyncMongoClient

from tests.delivery.crafted import Crafted, batch
from tests.delivery.raw_batches import raw_producer
from tests.delivery.test_fence import MARKED, STORED
from tests.intake.builders import headers
from tests.intake.conftest import World
from tests.intake.test_process import RECEIPTS, a_report, outcome

MOST_MEMORY_KB = 300_000


def peak_kb(pid: int | None) -> int:
    """The most memory that a process has ever had."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


async def test_whatever_one_integrator_sends_every_good_report_has_its_receipt(
    world: World, mongo: AsyncMongoClient[dict[str, Any]]
) -> None:
    spoilt = TopicPartition(f"{world.namespace}.station.reports.gendarmerie", 0)
    report_ids = [uuid4() for _ in STORED]
    async with raw_producer(world.kafka) as producer:
        for report_id, raw in zip(report_ids, STORED.values(), strict=True):
            await producer.send(spoilt, raw)
            report = await a_report(world, report_id)
            named = [(name.encode(), value) for name, value in headers(ce_subject=str(report_id))]
            good = Crafted(report, headers=[*named, (b"\xff\xfe", b"\xff"), (b"x", None)])
            await producer.send(spoilt, batch(good))
    for report_id in report_ids:
        [said] = await world.heard(RECEIPTS, report_id)
        assert outcome(said) == "accepted"
    rows = await mongo[f"{world.namespace}_intake"]["set_aside"].find({"reason": {"$exists": True}}).to_list()
    reasons = [row["reason"] for row in rows if row["place"]["partition"] == 0]
    assert reasons.count("unreadable-record") == len(MARKED) - 1
    assert reasons.count("too-large") == 1
    assert peak_kb(world.service.process.pid()) < MOST_MEMORY_KB
    async with httpx.AsyncClient() as client:
        assert (await client.get(f"{world.service.address}/readyz")).status_code == 200
