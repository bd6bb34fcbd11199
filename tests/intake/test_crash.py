"""Intake killed at its worst moments: every report is still answered, and opens one case only."""

import asyncio
import time
from collections import Counter
from uuid import uuid4

import pytest

from deploy.local.services import Service
from deploy.local.stack import Stack
from tests.delivery.history import faults, read_all
from tests.intake.conftest import PATIENCE, World
from tests.intake.test_process import RECEIPTS, a_report

POINTS = ("in-transaction", "after-commit", "while-publishing", "before-offset-commit")


def wait_until_dead(doomed: Service) -> None:
    """A doomed process that lives on was never hit: then nothing is tested."""
    give_up_at = time.monotonic() + PATIENCE
    while doomed.process.is_running():
        assert time.monotonic() < give_up_at, "the crash point was not reached"
        time.sleep(0.05)


@pytest.mark.parametrize("point", POINTS)
async def test_a_kill_at_any_point_leaves_one_case_and_one_receipt(world: World, stack: Stack, point: str) -> None:
    report_id = uuid4()
    value = await a_report(world, report_id)
    await asyncio.to_thread(world.service.stop)
    armed = {"RELAIS_INSTANCE": world.service.name, "RELAIS_CRASH_POINT": point}
    doomed = stack.service("intake-doomed", {**world.service.settings, **armed})
    await asyncio.to_thread(doomed.start)
    await world.send(value, report_id=report_id)
    await asyncio.to_thread(wait_until_dead, doomed)
    await asyncio.to_thread(world.service.start)
    await world.heard(RECEIPTS, report_id)
    said = await read_all(world.kafka, [f"{world.namespace}.{topic}" for topic in ("relais.intake", RECEIPTS)])
    ids = {each.id: each.headers["ce_type"] for each in said if str(report_id).encode() in each.value}
    assert Counter(ids.values()) == {"report.accepted.v1": 1, "station.receipt-issued.v1": 1}
    assert list(faults(said)) == []
