import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pytest
from aiokafka import ConsumerRecord, TopicPartition

from shared.delivery import feed as feed_module
from shared.delivery.feed import BATCH, FEW, Feed
from shared.delivery.record import RawRecord
from shared.delivery.turns import SLOW_SECONDS
from shared.delivery.unit_size import FIRST, MOST_TYPES, UnitSize, UnitSizes

ONE, TWO, THREE = (TopicPartition("t", n) for n in range(3))


def records(tp: TopicPartition, first: int, last: int, type_: bytes | None = None) -> list[RawRecord]:
    said = () if type_ is None else (("ce_type", type_),)
    return [ConsumerRecord("t", tp.partition, n, 0, 0, b"k", b"v", None, 1, 1, said) for n in range(first, last)]


class Unmoved(UnitSize):
    """Learns nothing from how long a unit takes."""

    def note(self, records: int, seconds: float) -> None:
        """Stay as it is."""


@dataclass
class Watched:
    """Lanes that end a batch only when it is let go, and whoever wants to know how it ended."""

    let_go: asyncio.Event = field(default_factory=asyncio.Event)
    failure: BaseException | None = None
    runs: list[list[tuple[int, int]]] = field(default_factory=list)
    done: list[Mapping[TopicPartition, int]] = field(default_factory=list)
    again: list[Mapping[TopicPartition, int]] = field(default_factory=list)

    def feed(self, *, size: int = 10 * BATCH, meeting: bool = False) -> Feed:
        return Feed(self.run, self.on_done, self.on_again, sizes=UnitSizes(lambda: Unmoved(size)), meeting=meeting)

    async def run(self, raws: Sequence[RawRecord]) -> None:
        self.runs.append([(raw.partition, raw.offset) for raw in raws])
        await self.let_go.wait()
        if self.failure:
            raise self.failure

    async def on_done(self, offsets: Mapping[TopicPartition, int]) -> None:
        self.done.append(offsets)

    async def on_again(self, offsets: Mapping[TopicPartition, int], _error: BaseException) -> None:
        self.again.append(offsets)


async def until_nothing_is_in_hand(feed: Feed) -> None:
    async with asyncio.timeout(5):
        while feed.in_hand:  # noqa: ASYNC110
            await asyncio.sleep(0)


async def test_many_records_are_run_in_order_in_bounded_units_of_one_lane() -> None:
    lanes = Watched()
    feed = lanes.feed()
    feed.take(ONE, records(ONE, 0, BATCH + 10))
    lanes.let_go.set()
    await until_nothing_is_in_hand(feed)
    assert [len(run) for run in lanes.runs] == [BATCH, 10]
    assert [offset for run in lanes.runs for _, offset in run] == list(range(BATCH + 10))
    assert lanes.done == [{ONE: BATCH}, {ONE: BATCH + 10}]


async def test_few_records_of_several_lanes_that_wait_share_one_unit() -> None:
    lanes = Watched()
    feed = lanes.feed()
    for tp in (ONE, TWO):
        feed.take(tp, records(tp, 0, 1))
    await asyncio.sleep(0)
    for tp in (ONE, TWO, THREE):
        feed.take(tp, records(tp, 1, 3))
    lanes.let_go.set()
    await until_nothing_is_in_hand(feed)
    assert lanes.runs[0] == [(0, 0)]
    assert [sorted(run) for run in lanes.runs[1:]] == [[(0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (2, 1), (2, 2)]]


async def test_a_unit_that_is_slow_holds_up_no_other_lane() -> None:
    lanes = Watched()
    feed = lanes.feed()
    feed.take(ONE, records(ONE, 0, 1))
    await asyncio.sleep(0)
    feed.take(TWO, records(TWO, 0, 1))
    await asyncio.sleep(2 * SLOW_SECONDS)
    assert lanes.runs == [[(0, 0)], [(1, 0)]]
    lanes.let_go.set()
    await until_nothing_is_in_hand(feed)


async def test_a_lane_has_one_unit_at_a_time_however_many_records_wait() -> None:
    lanes = Watched()
    feed = lanes.feed()
    feed.take(ONE, records(ONE, 0, 1))
    await asyncio.sleep(0)
    feed.take(ONE, records(ONE, 1, FEW + 50))
    await asyncio.sleep(0)
    assert lanes.runs == [[(0, 0)]]
    lanes.let_go.set()
    await until_nothing_is_in_hand(feed)
    assert [offset for run in lanes.runs for _, offset in run] == list(range(FEW + 50))


async def test_nothing_read_ahead_is_run_after_a_batch_that_failed() -> None:
    lanes = Watched(failure=OSError())
    feed = lanes.feed()
    feed.take(ONE, records(ONE, 5, 8))
    await asyncio.sleep(0)
    feed.take(ONE, records(ONE, 8, 20))
    lanes.let_go.set()
    await until_nothing_is_in_hand(feed)
    assert (lanes.runs, lanes.done, lanes.again) == ([[(0, 5), (0, 6), (0, 7)]], [], [{ONE: 5}])


async def test_a_feed_that_ends_finishes_what_is_being_done_and_nothing_more() -> None:
    lanes = Watched()
    feed = lanes.feed()
    feed.take(ONE, records(ONE, 0, 2))
    await asyncio.sleep(0)
    feed.take(ONE, records(ONE, 2, 4))
    ending = asyncio.create_task(feed.end())
    await asyncio.sleep(0)
    assert not ending.done()
    lanes.let_go.set()
    await ending
    assert (lanes.runs, lanes.done) == ([[(0, 0), (0, 1)]], [{ONE: 2}])


async def test_a_batch_that_a_library_cancels_from_within_is_read_again() -> None:
    lanes = Watched(failure=asyncio.CancelledError())
    lanes.let_go.set()
    feed = lanes.feed()
    feed.take(ONE, records(ONE, 7, 9))
    await until_nothing_is_in_hand(feed)
    assert lanes.again == [{ONE: 7}]


async def test_many_records_of_lanes_that_meet_are_never_run_side_by_side() -> None:
    lanes = Watched()
    feed = lanes.feed(meeting=True)
    feed.take(ONE, records(ONE, 0, 2 * BATCH))
    feed.take(TWO, records(TWO, 0, BATCH))
    await asyncio.sleep(0)
    assert len(lanes.runs) == 1
    lanes.let_go.set()
    await until_nothing_is_in_hand(feed)
    assert [Counter(partition for partition, _ in run) for run in lanes.runs[:2]] == [
        {ONE.partition: BATCH},
        {ONE.partition: BATCH // 2, TWO.partition: BATCH // 2},
    ]
    for tp, many in ((ONE, 2 * BATCH), (TWO, BATCH)):
        assert [n for run in lanes.runs for p, n in run if p == tp.partition] == list(range(many))


async def test_all_lanes_together_hold_no_more_than_the_process_may_have_in_hand() -> None:
    lanes = Watched()
    feed = lanes.feed(size=FIRST)
    for tp in (ONE, TWO, THREE):
        feed.take(tp, records(tp, 0, BATCH))
    await asyncio.sleep(0)
    assert sum(map(len, lanes.runs)) == FIRST
    lanes.let_go.set()
    await until_nothing_is_in_hand(feed)
    for tp in (ONE, TWO, THREE):
        assert [n for run in lanes.runs for p, n in run if p == tp.partition] == list(range(BATCH))


async def test_what_failed_after_a_long_time_comes_back_smaller_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed_module, "AIM_SECONDS", 0.0)
    lanes = Watched(failure=OSError())
    lanes.let_go.set()
    feed = lanes.feed()
    sizes = []
    for _ in range(8):
        feed.take(ONE, records(ONE, 0, FEW + 1))
        await until_nothing_is_in_hand(feed)
        sizes.append(len(lanes.runs[-1]))
    assert sizes == [101, 50, 25, 12, 6, 3, 1, 1]


async def test_lanes_that_have_failed_together_come_again_apart() -> None:
    lanes = Watched(failure=OSError())
    feed = lanes.feed()
    feed.take(THREE, records(THREE, 0, 1))
    await asyncio.sleep(0)
    for tp in (ONE, TWO):
        feed.take(tp, records(tp, 0, 2))
    lanes.let_go.set()
    await until_nothing_is_in_hand(feed)
    for tp in (ONE, TWO):
        feed.take(tp, records(tp, 0, 2))
    await until_nothing_is_in_hand(feed)
    assert [sorted(run) for run in lanes.runs] == [
        [(2, 0)],
        [(0, 0), (0, 1), (1, 0), (1, 1)],
        [(0, 0), (0, 1)],
        [(1, 0), (1, 1)],
    ]


async def test_few_records_of_many_lanes_are_still_bounded_by_what_may_be_in_hand() -> None:
    lanes = Watched()
    feed = lanes.feed(size=2)
    for tp in (ONE, TWO, THREE):
        feed.take(tp, records(tp, 0, 4))
    await asyncio.sleep(0)
    lanes.let_go.set()
    await until_nothing_is_in_hand(feed)
    assert max(map(len, lanes.runs)) <= 2


@dataclass
class Slower:
    """Lanes whose units take the longer the more records all of them have in hand: each five milliseconds."""

    in_hand: int = 0
    most: int = 0

    async def run(self, raws: Sequence[RawRecord]) -> None:
        self.in_hand += len(raws)
        await asyncio.sleep(0)
        self.most = max(self.most, self.in_hand)
        await asyncio.sleep(0.005 * self.in_hand)
        self.in_hand -= len(raws)


async def nothing(*_: object) -> None:
    return


async def test_lanes_side_by_side_share_what_the_process_can_do_in_half_a_second() -> None:
    lanes, sizes = Slower(), UnitSizes()
    feed = Feed(lanes.run, nothing, nothing, sizes=sizes)
    for n in range(12):
        feed.take(TopicPartition("t", n), records(TopicPartition("t", n), 0, 12))
    await until_nothing_is_in_hand(feed)
    assert sizes.of(b"").limit <= 100
    assert lanes.most <= 100
    assert feed.in_hand == 0


async def test_what_is_cheap_tells_nothing_of_how_much_of_another_type_may_be_in_hand() -> None:
    lanes, sizes = Watched(), UnitSizes()
    feed, places = Feed(lanes.run, nothing, nothing, sizes=sizes), [TopicPartition("t", n) for n in range(12)]
    lanes.let_go.set()
    for tp in places:
        feed.take(tp, records(tp, 0, 2_000, b"station"))
    await until_nothing_is_in_hand(feed)
    assert sizes.of(b"station").limit > 1_000
    lanes.let_go.clear()
    lanes.runs.clear()
    for tp in places:
        mixed = zip(records(tp, 0, 60, b"report"), records(tp, 60, 120, b"station"), strict=True)
        feed.take(tp, [raw for pair in mixed for raw in pair])
    await asyncio.sleep(0)
    in_hand = Counter(offset < 60 for run in lanes.runs for _, offset in run)
    assert FIRST / 2 <= in_hand[True] <= FIRST
    lanes.let_go.set()
    await until_nothing_is_in_hand(feed)


def test_strangers_types_are_told_apart_up_to_a_number() -> None:
    sizes = UnitSizes()
    for n in range(2 * MOST_TYPES):
        sizes.of(str(n).encode())
    assert sizes.of(b"0") is not sizes.of(b"1")
    assert sizes.of(str(MOST_TYPES + 1).encode()) is sizes.of(b"")
