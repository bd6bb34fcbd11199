"""Kills the toy at every named point, and then looks at the whole history, not at the last state."""

import asyncio
import os
from collections import Counter
from uuid import UUID, uuid4

import pytest

from shared.delivery.crash import KILLED
from tests.delivery.history import faults
from tests.delivery.hits import HITS
from tests.delivery.toy import Stream
from tests.delivery.toy_world import PATIENCE, ToyWorld

CASES, EACH = 4, 5
EXPOSURES = int(os.environ.get("RELAIS_EXPOSURES", "2"))
"""How often each point is hit; `make torture` asks for twenty."""
POINTS = ("in-transaction", "after-commit", "while-publishing", "before-offset-commit")


def reports(stream: Stream, cases: list[UUID], each: int = EACH) -> int:
    for _ in range(each):
        for case in cases:
            stream.say(case)
    return len(stream.records)


@pytest.mark.parametrize("exposure", range(EXPOSURES))
@pytest.mark.parametrize("point", POINTS)
async def test_a_kill_at_a_named_point_leaves_a_history_without_fault(
    toys: ToyWorld, point: str, exposure: int
) -> None:
    passage = 1 + exposure % 2
    await toys.database["tallies"].delete_many({})
    stream = Stream()
    many = reports(stream, [uuid4() for _ in range(CASES)])
    doomed = await toys.start(RELAIS_CRASH_POINT=f"{point}:{passage}")
    # In parts, so that there is a second batch for a second passage.
    for start in range(0, many, CASES):
        await toys.publish(stream.records[start : start + CASES])
        await asyncio.sleep(0.2)
    async with asyncio.timeout(PATIENCE):
        assert await doomed.wait() == KILLED, f"{point} was never reached"
    HITS[point] += 1
    healthy = await toys.start()
    await toys.settle(many)
    await toys.end(healthy)
    assert list(faults(await toys.history())) == []


async def test_two_instances_and_a_rebalance_leave_a_history_without_fault(toys: ToyWorld) -> None:
    await toys.database["tallies"].delete_many({})
    stream, cases = Stream(), [uuid4() for _ in range(8)]
    many = reports(stream, cases, each=10)
    first = await toys.start("toy-1")
    await toys.publish(stream.records[: many // 2])
    second = await toys.start("toy-2")
    await toys.publish(stream.records[many // 2 :])
    await toys.settle(many)
    await asyncio.gather(toys.end(first), toys.end(second))
    assert list(faults(await toys.history())) == []


async def test_random_kills_under_load_leave_a_history_without_fault(toys: ToyWorld) -> None:
    await toys.database["tallies"].delete_many({})
    stream = Stream()
    many = reports(stream, [uuid4() for _ in range(10)], each=12)
    for start in range(0, many, 40):
        toy = await toys.start()
        await toys.publish(stream.records[start : start + 40])
        await asyncio.sleep(0.3 + start / 100)
        toy.kill()
        await toy.wait()
    last = await toys.start()
    await toys.settle(many)
    await toys.end(last)
    history = await toys.history()
    assert list(faults(history)) == []
    opened = Counter(said.key for said in history if said.headers["ce_type"] == "case.opened.v1")
    assert len({said.id for said in history if said.headers["ce_type"] == "case.opened.v1"}) == len(opened)
