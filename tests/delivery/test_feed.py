import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from aiokafka import ConsumerRecord

from shared.delivery.feed import BATCH, Feed
from shared.delivery.record import RawRecord


def a_record(offset: int) -> RawRecord:
    return ConsumerRecord("t", 0, offset, 0, 0, b"k", b"v", None, 1, 1, ())


@dataclass
class Watched:
    """A lane that ends a batch only when it is let go, and whoever wants to know how it ended."""

    let_go: asyncio.Event = field(default_factory=asyncio.Event)
    fails: bool = False
    runs: list[list[int]] = field(default_factory=list)
    done: list[int] = field(default_factory=list)
    again: list[int] = field(default_factory=list)

    def feed(self) -> Feed:
        return Feed(self.run, self.on_done, self.on_again)

    async def run(self, raws: Sequence[RawRecord]) -> None:
        self.runs.append([raw.offset for raw in raws])
        await self.let_go.wait()
        if self.fails:
            raise OSError

    async def on_done(self, _feed: Feed, next_: int) -> None:
        self.done.append(next_)

    async def on_again(self, _feed: Feed, offset: int, _error: BaseException) -> None:
        self.again.append(offset)


def offsets(first: int, last: int) -> list[RawRecord]:
    return [a_record(offset) for offset in range(first, last)]


async def test_what_is_read_ahead_is_run_in_order_and_in_bounded_batches() -> None:
    lane = Watched()
    feed = lane.feed()
    feed.take(offsets(0, 3))
    await asyncio.sleep(0)
    feed.take(offsets(3, BATCH + 10))
    lane.let_go.set()
    await cast(Any, feed)._task
    assert [len(run) for run in lane.runs] == [3, BATCH, 7]
    assert [offset for run in lane.runs for offset in run] == list(range(BATCH + 10))
    assert lane.done == [3, BATCH + 3, BATCH + 10]
    assert feed.in_hand == 0


async def test_nothing_read_ahead_is_run_after_a_batch_that_failed() -> None:
    lane = Watched(fails=True)
    feed = lane.feed()
    feed.take(offsets(5, 8))
    await asyncio.sleep(0)
    feed.take(offsets(8, 20))
    lane.let_go.set()
    await cast(Any, feed)._task
    assert (lane.runs, lane.done, lane.again) == ([[5, 6, 7]], [], [5])
    assert feed.in_hand == 0


async def test_a_feed_that_ends_finishes_what_is_being_done_and_nothing_more() -> None:
    lane = Watched()
    feed = lane.feed()
    feed.take(offsets(0, 2))
    await asyncio.sleep(0)
    feed.take(offsets(2, 4))
    ending = asyncio.create_task(feed.end())
    await asyncio.sleep(0)
    assert not ending.done()
    lane.let_go.set()
    await ending
    assert (lane.runs, lane.done) == ([[0, 1]], [2])


async def test_a_batch_that_a_library_cancels_from_within_is_read_again() -> None:
    class Cancelled(Watched):
        async def run(self, raws: Sequence[RawRecord]) -> None:
            raise asyncio.CancelledError

    lane = Cancelled()
    feed = lane.feed()
    feed.take(offsets(7, 9))
    await cast(Any, feed)._task
    assert lane.again == [7]
