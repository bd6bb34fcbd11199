"""What a reader does with batches, commits and partitions, on a consumer that only remembers."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

import pytest
from aiokafka import TopicPartition

from shared.delivery.crash import CrashPoints
from shared.delivery.lanes import Lanes
from shared.delivery.reader import MOST_IN_HAND, Reader
from shared.delivery.record import RawRecord, Record
from shared.watch.metrics import Metrics
from tests.delivery.remembering_consumer import RememberingConsumer

ONE, TWO = TopicPartition("relais.intake", 0), TopicPartition("relais.intake", 1)


@dataclass
class SlowLanes:
    """Ends the batches of a partition when it is let go; fails while it is sick."""

    let_go: dict[int, asyncio.Event] = field(default_factory=lambda: {0: asyncio.Event(), 1: asyncio.Event()})
    is_sick: bool = False
    ran: list[tuple[int, int]] = field(default_factory=list)

    def begin_afresh(self) -> None:
        self.ran.clear()

    async def run(self, records: Sequence[Record]) -> None:
        for partition in {record.place.partition for record in records}:
            await self.let_go[partition].wait()
        if self.is_sick:
            raise OSError
        self.ran += [(record.place.partition, record.place.offset) for record in records]


@dataclass
class Scene:
    lanes: SlowLanes
    consumer: RememberingConsumer
    reader: Reader

    async def hand(self, *batches: list[RawRecord]) -> None:
        await self.reader.on_batch(cast(Any, self.consumer), [raw for batch in batches for raw in batch])

    async def until(self, is_so: Any) -> None:
        async with asyncio.timeout(5):
            while not is_so():  # noqa: ASYNC110
                await asyncio.sleep(0.005)


@pytest.fixture
async def scene() -> Scene:
    async def stuck(_error: Exception) -> None:
        return

    lanes = SlowLanes()
    reader = Reader(cast(Lanes, lanes), "", CrashPoints(), Metrics("referral"), stuck)
    await reader.on_partitions_assigned([ONE, TWO])
    consumer = RememberingConsumer()
    reader.consumer = cast("Any", consumer)
    return Scene(lanes, consumer, reader)


async def test_a_slow_partition_does_not_delay_its_neighbour(scene: Scene) -> None:
    scene.lanes.let_go[1].set()
    await scene.hand(scene.consumer.read(ONE, 0, 3))
    await asyncio.sleep(0)
    await scene.hand(scene.consumer.read(TWO, 0, 3))
    await scene.hand(scene.consumer.read(TWO, 3, 5))
    await scene.until(lambda: scene.consumer.committed == {TWO: 5})
    assert scene.lanes.ran == [(1, n) for n in range(5)]


async def test_nothing_is_committed_of_a_batch_that_failed_and_it_is_read_again(scene: Scene) -> None:
    scene.lanes.is_sick = True
    scene.lanes.let_go[0].set()
    await scene.hand(scene.consumer.read(ONE, 4, 7))
    await scene.until(lambda: scene.consumer.positions[ONE] == 4)
    assert scene.consumer.committed == {}
    scene.lanes.is_sick = False
    await scene.until(lambda: ONE not in scene.consumer.paused)
    await scene.hand(scene.consumer.read(ONE, 4, 9))
    await scene.until(lambda: scene.consumer.committed == {ONE: 9})
    assert scene.lanes.ran == [(0, n) for n in range(4, 9)]


async def test_records_read_before_a_lane_went_back_are_not_run_before_those_it_went_back_to(scene: Scene) -> None:
    await scene.hand(scene.consumer.read(ONE, 0, 3))
    on_their_way = scene.consumer.read(ONE, 3, 6)
    scene.lanes.is_sick = True
    scene.lanes.let_go[0].set()
    await scene.until(lambda: scene.consumer.positions[ONE] == 0)
    scene.lanes.is_sick = False
    await scene.hand(on_their_way)
    await scene.hand(scene.consumer.read(ONE, 0, 6))
    await scene.until(lambda: scene.consumer.committed == {ONE: 6})
    assert scene.lanes.ran == [(0, n) for n in range(6)]


async def test_what_is_in_flight_ends_and_is_committed_before_a_partition_is_given_away(scene: Scene) -> None:
    await scene.hand(scene.consumer.read(ONE, 0, 3))
    await asyncio.sleep(0)
    revoking = asyncio.create_task(scene.reader.on_partitions_revoked([ONE, TWO]))
    await asyncio.sleep(0.01)
    assert not revoking.done()
    scene.lanes.let_go[0].set()
    await revoking
    assert scene.consumer.committed == {ONE: 3}


async def test_more_than_may_be_in_hand_is_done_and_the_reader_comes_back(scene: Scene) -> None:
    scene.consumer.commit_seconds = 0.01
    scene.lanes.let_go[0].set()
    large = [replace(raw, serialized_value_size=2 * MOST_IN_HAND) for raw in scene.consumer.read(ONE, 0, 1)]
    async with asyncio.timeout(5):
        await scene.hand(large)
    assert (scene.consumer.committed, scene.reader.in_hand) == ({ONE: 1}, 0)


async def test_a_reader_that_drains_takes_nothing_more(scene: Scene) -> None:
    scene.lanes.let_go[0].set()
    await scene.reader.drain()
    await scene.hand(scene.consumer.read(ONE, 0, 3))
    await asyncio.sleep(0.01)
    assert (scene.lanes.ran, scene.consumer.committed) == ([], {})


async def test_a_position_that_moves_without_a_record_is_committed_once_nothing_is_in_hand(scene: Scene) -> None:
    await scene.hand(scene.consumer.read(ONE, 0, 3))
    scene.consumer.pass_over(ONE, 7)
    await scene.reader.settle()
    assert scene.consumer.committed == {}
    scene.lanes.let_go[0].set()
    await scene.until(lambda: scene.consumer.committed == {ONE: 7})
    scene.consumer.pass_over(ONE, 9)
    await scene.reader.settle()
    assert scene.consumer.committed == {ONE: 9}


async def test_no_commit_passes_what_is_still_in_hand(scene: Scene) -> None:
    scene.lanes.let_go[0].set()
    await scene.hand(scene.consumer.read(ONE, 0, 3))
    await scene.until(lambda: scene.consumer.committed == {ONE: 3})
    scene.lanes.let_go[0].clear()
    await scene.hand(scene.consumer.read(ONE, 3, 5))
    scene.consumer.pass_over(ONE, 8)
    await scene.reader.settle()
    assert scene.consumer.committed == {ONE: 3}


async def test_records_of_a_partition_that_is_not_ours_are_given_back_untouched(scene: Scene) -> None:
    scene.lanes.let_go[0].set()
    await scene.reader.on_partitions_assigned([TWO])
    await scene.hand(scene.consumer.read(ONE, 0, 3))
    await asyncio.sleep(0.01)
    assert (scene.lanes.ran, scene.consumer.positions[ONE]) == ([], 0)
