"""Stops what the toy stands on, in the middle of its work, and then looks at the whole history."""

import asyncio
import signal
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from deploy.local.stack import Stack
from tests.delivery.conftest import toys_on
from tests.delivery.history import faults
from tests.delivery.toy import Stream
from tests.delivery.toy_world import ToyWorld

LONGER_THAN_A_SESSION = 13


@pytest.fixture(scope="module")
async def world(own_stack: Stack, namespace: str) -> AsyncIterator[ToyWorld]:
    async with toys_on(own_stack, namespace) as toys:
        yield toys


@pytest.fixture
async def stream(world: ToyWorld) -> Stream:
    await world.database["tallies"].delete_many({})
    stream, cases = Stream(), [uuid4() for _ in range(6)]
    for _ in range(10):
        for case in cases:
            stream.say(case)
    return stream


async def test_a_broker_that_dies_and_comes_back_costs_nothing(
    world: ToyWorld, own_stack: Stack, stream: Stream
) -> None:
    toy = await world.start()
    await world.publish(stream.records[:30])
    await asyncio.to_thread(own_stack.kafka.kill)
    await asyncio.to_thread(own_stack.kafka.start)
    await world.publish(stream.records[30:])
    await world.settle(len(stream.records))
    await world.end(toy)
    assert list(faults(await world.history())) == []


async def test_a_database_that_dies_and_comes_back_costs_nothing(
    world: ToyWorld, own_stack: Stack, stream: Stream
) -> None:
    toy = await world.start()
    await world.publish(stream.records[:30])
    await asyncio.to_thread(own_stack.mongo.kill)
    await world.publish(stream.records[30:])
    await asyncio.to_thread(own_stack.mongo.start)
    await world.settle(len(stream.records))
    await world.end(toy)
    assert list(faults(await world.history())) == []


async def test_a_zombie_that_wakes_up_after_its_successor_changes_nothing(world: ToyWorld, stream: Stream) -> None:
    zombie = await world.start("toy-zombie")
    await world.publish(stream.records[:10])
    await world.settle(10)
    await world.publish(stream.records[10:20])
    zombie.send_signal(signal.SIGSTOP)
    await world.publish(stream.records[20:40])
    heir = await world.start("toy-heir")
    await asyncio.sleep(LONGER_THAN_A_SESSION)
    zombie.send_signal(signal.SIGCONT)
    await world.publish(stream.records[40:])
    await world.settle(len(stream.records))
    await asyncio.gather(world.end(zombie), world.end(heir))
    assert list(faults(await world.history())) == []
