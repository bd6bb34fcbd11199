"""Proves the history check: an engine with one broken promise must turn it red."""

import asyncio
from uuid import UUID, uuid4, uuid5

import pytest
from aiokafka.partitioner import murmur2

from shared.delivery.crash import KILLED
from tests.delivery.history import faults, lost
from tests.delivery.toy import POISONED_STATION, TOPIC, Stream
from tests.delivery.toy_world import PATIENCE, ToyWorld

CASES, EACH = 4, 4
FATAL = {
    "older_first_off": "after-commit",
    "inbox_off": "before-offset-commit",
    "publish_before_commit": "in-transaction",
    "commit_before_publish": "in-transaction",
    "auto_commit_on": "in-transaction",
    "retry_unchanged": "in-transaction",
    "no_contiguity_check": "in-transaction",
}


async def wrongs(toys: ToyWorld, point: str, **settings: str) -> list[str]:
    """What the check finds after one kill at this point, half of the reports before it and half after.

    The toy can't stomach the first report of the second half, which stands before good ones: it is set aside.
    """
    stream, cases = Stream(), await spread(toys)
    for n in range(EACH):
        if n == EACH // 2:
            stream.say(await beside(cases[0], toys), station=POISONED_STATION)
        for case in cases:
            stream.say(case)
    half = len(stream.records) // 2
    await toys.publish(stream.records[:half])
    doomed = await toys.start(RELAIS_CRASH_POINT=point, **settings)
    async with asyncio.timeout(PATIENCE):
        assert await doomed.wait() == KILLED
    await toys.publish(stream.records[half:])
    next_ = await toys.start(**settings)
    await quiet(toys)
    await toys.end(next_)
    mine = {str(case) for case in cases}
    history = [said for said in await toys.history() if said.key in mine]
    return [*faults(history), *lost(history, report_ids(cases))]


async def spread(toys: ToyWorld) -> list[UUID]:
    """Cases over all partitions, in turns: a client that fails at its second call must be called twice."""
    many = await partitions(toys)
    return [a_case_in(n % many, many) for n in range(CASES)]


async def beside(case: UUID, toys: ToyWorld) -> UUID:
    """Another case whose records come into the same partition."""
    many = await partitions(toys)
    return a_case_in(partition_of(case, many), many)


async def partitions(toys: ToyWorld) -> int:
    return len(await toys.producer.partitions_for(f"{toys.namespace}.{TOPIC}"))


def a_case_in(partition: int, many: int) -> UUID:
    return next(case for case in (uuid4() for _ in range(1000)) if partition_of(case, many) == partition)


def partition_of(case: UUID, many: int) -> int:
    return int(murmur2(str(case).encode()) & 0x7FFFFFFF) % many


def report_ids(cases: list[UUID]) -> list[str]:
    return [str(uuid5(case, f"report {n}")) for case in cases for n in range(1, EACH + 1)]


async def quiet(toys: ToyWorld) -> None:
    """Wait until nothing more is said for a while."""
    heard, still = -1, 0
    while still < 4:
        await asyncio.sleep(3)
        now = len(await toys.history())
        still, heard = (still + 1 if now == heard else 0), now


@pytest.mark.parametrize("mutant", FATAL)
async def test_the_check_notices_an_engine_with_a_broken_promise(toys: ToyWorld, mutant: str) -> None:
    assert await wrongs(toys, FATAL[mutant], TOY_MUTANT=mutant)


@pytest.mark.parametrize("point", sorted(set(FATAL.values())))
async def test_the_check_finds_nothing_wrong_with_the_engine_itself(toys: ToyWorld, point: str) -> None:
    assert await wrongs(toys, point) == []


async def test_the_check_finds_nothing_wrong_where_the_client_fails_in_the_middle_of_a_call(toys: ToyWorld) -> None:
    assert await wrongs(toys, "in-transaction", TOY_MUTANT="getmany_raises") == []
