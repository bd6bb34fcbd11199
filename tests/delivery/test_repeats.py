"""How often the engine says something twice: never without a fault, after a kill no more than was in its hands."""

import asyncio
import signal
from collections import Counter
from collections.abc import Sequence
from uuid import uuid4

from tests.delivery.history import Said, faults
from tests.delivery.toy import Stream
from tests.delivery.toy_world import ToyWorld

PART = 60


async def reports(toys: ToyWorld, many: int) -> Stream:
    """Reports of a few cases each, so that units of work meet in some of them."""
    await toys.database["tallies"].delete_many({})
    stream = Stream()
    cases = [uuid4() for _ in range(max(1, many // 4))]
    for n in range(many):
        stream.say(cases[n % len(cases)])
    return stream


def repeats(history: Sequence[Said]) -> int:
    return sum(times - 1 for times in Counter((said.topic, said.id) for said in history).values())


async def test_a_process_that_the_machine_halts_for_moments_says_nothing_twice(toys: ToyWorld) -> None:
    stream = await reports(toys, 10 * PART)
    before = repeats(await toys.history())
    toy = await toys.start()
    for start in range(0, len(stream.records), PART):
        await toys.publish(stream.records[start : start + PART])
        toy.send_signal(signal.SIGSTOP)
        await asyncio.sleep(1.2)
        toy.send_signal(signal.SIGCONT)
        await asyncio.sleep(0.03)
    await toys.settle(len(stream.records))
    await toys.end(toy)
    history = await toys.history()
    assert repeats(history) == before
    assert list(faults(history)) == []


async def test_instances_that_join_and_leave_say_nothing_twice(toys: ToyWorld) -> None:
    stream = await reports(toys, 6 * PART)
    before = repeats(await toys.history())
    first = await toys.start("toy-1")
    await toys.publish(stream.records[:PART])
    second = await toys.start("toy-2")
    await toys.publish(stream.records[PART : 4 * PART])
    await toys.end(first)
    await toys.publish(stream.records[4 * PART :])
    await toys.settle(len(stream.records))
    await toys.end(second)
    history = await toys.history()
    assert repeats(history) == before
    assert list(faults(history)) == []


async def test_after_kills_no_more_is_sent_again_than_was_in_hand(toys: ToyWorld) -> None:
    stream = await reports(toys, 6 * PART)
    before, in_hand = repeats(await toys.history()), 0
    for start in range(0, len(stream.records), PART):
        toy = await toys.start()
        await toys.publish(stream.records[start : start + PART])
        assert toy.stdout is not None and await toy.stdout.readline()
        await asyncio.sleep(0.4 + start / 500)
        toy.kill()
        await toy.wait()
        in_hand += sum([unit["many"] async for unit in toys.database["unsent"].find()])
    last = await toys.start()
    await toys.settle(len(stream.records))
    await toys.end(last)
    history = await toys.history()
    assert repeats(history) - before <= in_hand
    assert list(faults(history)) == []
