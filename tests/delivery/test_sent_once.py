"""Without a fault each event is sent once, however slow the machine; after one, no more than what may be missing."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from uuid import UUID, uuid4, uuid5

import pytest
from structlog.testing import capture_logs

from shared.delivery import handover
from shared.delivery.cause import Cause
from shared.delivery.crash import CrashPoints
from shared.delivery.failures import NotSent
from shared.delivery.outbox import Outbox
from shared.delivery.publisher import Acknowledgement, Row
from shared.delivery.unit import Work
from tests.delivery.lane_of_one import Bench
from tests.delivery.toy import T0, Stream, a_report, standing


@dataclass
class SlowBroker:
    """A broker that acknowledges when it is let go, and a producer that waits for it."""

    let_go: asyncio.Event = field(default_factory=asyncio.Event)
    sent: list[bytes] = field(default_factory=list)
    has_begun: asyncio.Event = field(default_factory=asyncio.Event)
    answering: list[asyncio.Task[None]] = field(default_factory=list)

    async def hand_over(self, rows: Sequence[Row]) -> AsyncIterator[tuple[Acknowledgement, Sequence[Row]]]:
        self.sent += [row["_id"] for row in rows]
        self.has_begun.set()
        answer: Acknowledgement = asyncio.get_running_loop().create_future()
        self.answering.append(asyncio.create_task(self._answer(answer)))
        yield answer, rows

    async def _answer(self, answer: Acknowledgement) -> None:
        await self.let_go.wait()
        answer.set_result(None)


@dataclass
class Slow:
    """The bench with a slow broker, and a count of what was sent again."""

    bench: Bench
    broker: SlowBroker
    again: list[float]

    @property
    def outbox(self) -> Outbox:
        return self.bench.delivery.outbox


@pytest.fixture
async def slow(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> Slow:
    await bench.wipe()
    broker, again = SlowBroker(), list[float]()
    outbox = Outbox(bench.database, broker, CrashPoints(), count_again=again.append)
    object.__setattr__(bench.delivery, "outbox", outbox)
    return Slow(bench, broker, again)


def reports(many: int, case: UUID | None = None) -> Stream:
    stream = Stream()
    for _ in range(many):
        stream.say(case or uuid4())
    return stream


async def test_the_sweeper_sends_nothing_that_is_being_sent(slow: Slow) -> None:
    running = asyncio.create_task(slow.bench.lanes().run(reports(20).records))
    await slow.broker.has_begun.wait()
    assert await slow.outbox.sweep(older_than_ms=-1000) == 0
    slow.broker.let_go.set()
    await running
    assert max(Counter(slow.broker.sent).values()) == 1
    assert (sum(slow.again), await slow.outbox.sweep(older_than_ms=-1000)) == (0, 0)


async def test_acts_on_one_subject_that_follow_each_other_are_sent_once_each_and_in_order(slow: Slow) -> None:
    case = uuid4()

    def act(work: Work) -> UUID:
        return work.say(standing(a_report(case, 1)), case, correlation=case)

    for n in range(4):
        await slow.bench.delivery.perform(Cause(uuid5(case, str(n)), T0), act)
    slow.broker.let_go.set()
    await slow.bench.delivery.end()
    order = await slow.bench.database["outbox"].find({}, {"rev": True}).sort("rev").to_list()
    assert slow.broker.sent == [row["_id"] for row in order]
    assert sum(slow.again) == 0


async def test_lanes_that_begin_together_send_what_was_left_to_them_once(slow: Slow) -> None:
    slow.bench.producer.is_up = False
    lost = Outbox(slow.bench.database, slow.bench.producer, CrashPoints())
    object.__setattr__(slow.bench.delivery, "outbox", lost)
    with pytest.raises(NotSent):
        await slow.bench.lanes().run(reports(5).records)
    slow.bench.producer.is_up = True
    outbox = Outbox(slow.bench.database, slow.broker, CrashPoints(), count_again=slow.again.append)
    [unit] = await slow.bench.database["unsent"].find().to_list()
    slow.broker.let_go.set()
    flushed = [outbox.flush_lanes(unit["lanes"]) for _ in range(12)]
    await asyncio.gather(outbox.sweep(older_than_ms=-1000), *flushed)
    assert len(slow.broker.sent) == unit["many"] == sum(slow.again)
    assert await slow.bench.database["unsent"].count_documents({}) == 0


async def test_what_its_producer_still_holds_is_not_handed_over_again(
    slow: Slow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handover, "SEND_SECONDS", 0.05)
    with capture_logs() as logs, pytest.raises(NotSent):
        await slow.bench.lanes().run(reports(3).records)
    assert [line["event"] for line in logs if line["log_level"] == "warning"] == ["kafka-slow"]
    slow.broker.let_go.set()
    assert await slow.outbox.sweep(older_than_ms=60_000) == 3 * 3
    assert max(Counter(slow.broker.sent).values()) == 1
    assert sum(slow.again) == 0


async def test_after_a_repeat_what_is_new_is_sent_once(slow: Slow) -> None:
    slow.broker.let_go.set()
    stream, lanes = reports(3), slow.bench.lanes()
    await lanes.run(stream.records)
    stream.say(uuid4())
    await lanes.run(stream.records)
    assert max(Counter(slow.broker.sent).values()) == 1
    assert sum(slow.again) == 0
