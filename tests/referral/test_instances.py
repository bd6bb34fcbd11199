"""Three instances of referral side by side: each does its part, and nothing is done twice."""

import asyncio
import re
from collections import Counter
from contextlib import AsyncExitStack
from typing import Any

from pymongo import AsyncMongoClient

from shared.contracts.events import CaseEscalated, CaseOpened, DeadlineNeared, IscgAssigned, ReferralSent
from tests.referral.running import PATIENCE, World, a_free_port
from tests.referral.test_journey import a_new_report

INSTANCES, REPORTS = 3, 48
ONCE = (CaseOpened, IscgAssigned, ReferralSent, DeadlineNeared, CaseEscalated)
SETTLING = 3.0
"""Seconds: what is done twice comes later than what is done once."""


async def test_three_instances_share_the_work_and_no_clock_rings_twice(
    world: World, mongo: AsyncMongoClient[Any]
) -> None:
    ports = [a_free_port() for _ in range(INSTANCES)]
    async with AsyncExitStack() as stack:
        for n, port in enumerate(ports):
            settings = {"RELAIS_INSTANCE": f"referral-{n}", "RELAIS_METRICS_PORT": str(port)}
            await stack.enter_async_context(world.running(**settings, RELAIS_ACCEPT_WITHIN_URGENT="8"))
        reports = [a_new_report() for _ in range(REPORTS)]
        await asyncio.gather(*(world.publish(each) for each in reports))
        said = await _settled(mongo, world.namespace, {str(each.case_id) for each in reports})
        done = [await _records_done(world, port) for port in ports]
    assert {case: types for case, types in said.items() if types != {each.type: 1 for each in ONCE}} == {}
    assert all(done) and sum(done) >= REPORTS, done


async def _settled(mongo: AsyncMongoClient[Any], namespace: str, cases: set[str]) -> dict[str, Counter[str]]:
    """How often each of these events was said about each case, once the last of them went up, and a while after."""
    outbox = mongo[f"{namespace}_referral"]["outbox"]
    escalated = {"headers.ce_type": CaseEscalated.type, "subject": {"$in": list(cases)}}
    async with asyncio.timeout(PATIENCE):
        while len(await outbox.distinct("subject", escalated)) < len(cases):  # noqa: ASYNC110 # a database tells nobody
            await asyncio.sleep(0.2)
    await asyncio.sleep(SETTLING)
    said: dict[str, Counter[str]] = {case: Counter() for case in cases}
    which = {"subject": {"$in": list(cases)}, "headers.ce_type": {"$in": [each.type for each in ONCE]}}
    async for row in outbox.find(which):
        said[row["subject"]][row["headers"]["ce_type"]] += 1
    return said


async def _records_done(world: World, port: int) -> int:
    shown = (await world.client.get(f"http://127.0.0.1:{port}/metrics")).raise_for_status().text
    return round(sum(float(n) for n in re.findall(r"^relais_records_total\{[^}]*\} (\S+)", shown, re.M)))
