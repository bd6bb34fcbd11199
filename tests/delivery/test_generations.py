"""On a real broker: a topic that was deleted and made anew is read whole, and none of it is taken for a repeat."""

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError
from aiokafka.structs import OffsetAndMetadata
from pymongo import AsyncMongoClient

from shared.delivery import consumer as consuming
from shared.delivery.consumer import FencedConsumer, Gap
from shared.delivery.generations import Generations
from shared.delivery.record import Place, record_of
from tests.delivery.raw_batches import administering, make_topic
from tests.delivery.test_fence import put, until_gone

OLD = 4


class Member:
    """Reads and commits as a reader does; what it has read stands by its place."""

    def __init__(self, kafka: str, topic: str, database: Any, group: str) -> None:
        self.gaps: list[Gap] = []
        self.read: dict[str, bytes] = {}
        self._generations = Generations(database)
        self._consumer = FencedConsumer(
            topic,
            bootstrap_servers=kafka,
            group_id=group,
            group_instance_id="one",
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            metadata_max_age_ms=1000,
            noticed=self.gaps.append,
            generations=self._generations,
        )

    @asynccontextmanager
    async def started(self) -> AsyncIterator["Member"]:
        await self._consumer.start()
        try:
            yield self
        finally:
            await self._consumer.stop()

    async def read_until(self, wanted: set[bytes]) -> None:
        async with asyncio.timeout(30):
            while not wanted <= set(self.read.values()):
                await self.read_some()

    async def read_some(self) -> None:
        try:
            handed = await self._consumer.getmany(timeout_ms=100)
        except KafkaError:
            return
        for tp, records in handed.items():
            if self._consumer.take_over(tp):
                for raw in records:
                    place = record_of(raw, "", self._generations.of(raw.topic)).place
                    self.read[str(place)] = bytes(raw.value or b"")
                next_ = OffsetAndMetadata(records[-1].offset + 1, self._consumer.topic_id(tp.topic))
                await self._consumer.commit({tp: next_})


async def made_anew(kafka: str, topic: str, partitions: int) -> None:
    async with administering(kafka) as admin:
        await admin.delete_topics([topic])
    await until_gone(kafka, topic)
    await make_topic(kafka, topic, partitions)


@pytest.fixture
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consuming, "LOOK_SECONDS", 0.3)


@pytest.mark.usefixtures("_impatient")
@pytest.mark.parametrize("many", [OLD - 2, OLD, OLD + 3], ids=["shorter", "as long", "longer"])
@pytest.mark.parametrize("when", ["running", "down"])
async def test_all_of_a_topic_that_was_made_anew_is_read_at_places_of_its_own(
    kafka: str, mongo: AsyncMongoClient[Any], namespace: str, when: str, many: int
) -> None:
    name, group, database = f"{namespace}.{uuid4().hex[:8]}", f"g{uuid4().hex}", mongo[f"{namespace}_generations"]
    old, new = ([b"%s %d" % (which, n) for n in range(count)] for which, count in ((b"old", OLD), (b"new", many)))
    [tp] = await make_topic(kafka, name)
    await put(kafka, tp, old)
    async with Member(kafka, name, database, group).started() as member:
        await member.read_until(set(old))
        if when != "down":
            await made_anew(kafka, name, 2)
            await put(kafka, tp, new)
            await put(kafka, TopicPartition(name, 1), [b"added"])
            await member.read_until({*new, b"added"})
            assert set(old) <= set(member.read.values())
            assert not [place for place, value in member.read.items() if value in old and "~" in place]
            assert {f"{name}~1/0/{n}" for n in range(many)} <= set(member.read)
            assert "reset" in member.gaps
            return
    await made_anew(kafka, name, 2)
    await put(kafka, tp, new)
    async with Member(kafka, name, database, group).started() as member:
        await member.read_until(set(new))
    assert member.read == {f"{name}~1/0/{n}": value for n, value in enumerate(new)}
    assert member.gaps == ["reset"]


@pytest.mark.usefixtures("_impatient")
async def test_where_only_the_id_tells_of_it_the_topic_is_read_from_its_beginning(
    kafka: str, mongo: AsyncMongoClient[Any], namespace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where a topic is made anew, longer than the position, between two looks of the client at its metadata."""
    name, other = f"{namespace}.{uuid4().hex[:8]}", uuid4().hex
    [tp] = await make_topic(kafka, name)
    await put(kafka, tp, [b"a", b"b"])
    async with Member(kafka, name, mongo[f"{namespace}_generations"], f"g{uuid4().hex}").started() as member:
        await member.read_until({b"a", b"b"})

        async def another(_client: object, topics: Collection[str]) -> dict[str, str]:
            return dict.fromkeys(topics, other)

        monkeypatch.setattr(consuming, "topic_ids", another)
        await put(kafka, tp, [b"c"])
        async with asyncio.timeout(30):
            while f"{name}~1/0/2" not in member.read:
                await member.read_some()
    assert {place for place in member.read if "~" in place} == {f"{name}~1/0/{n}" for n in range(3)}
    assert member.gaps == ["reset"]


async def test_an_offset_that_was_committed_of_the_topic_before_is_not_believed(
    kafka: str, mongo: AsyncMongoClient[Any], namespace: str
) -> None:
    """As where a member commits once more, under the same name, before it knows."""
    name, group, database = f"{namespace}.{uuid4().hex[:8]}", f"g{uuid4().hex}", mongo[f"{namespace}_generations"]
    [tp] = await make_topic(kafka, name)
    await put(kafka, tp, [b"a", b"b", b"c"])
    consumer = FencedConsumer(bootstrap_servers=kafka, group_id=group, enable_auto_commit=False)
    await consumer.start()
    consumer.assign([tp])
    await consumer.commit({tp: OffsetAndMetadata(2, uuid4().hex)})
    await consumer.stop()
    async with Member(kafka, name, database, group).started() as member:
        await member.read_until({b"a", b"b", b"c"})
        assert member.gaps == ["reset"]


async def test_generations_are_counted_once_for_all_instances(mongo: AsyncMongoClient[Any], namespace: str) -> None:
    database = mongo[f"{namespace}_generations"]
    instances = [Generations(database) for _ in range(4)]
    for number, id_ in enumerate(("a" * 32, "b" * 32)):
        told = await asyncio.gather(*(each.learn({"some.topic": id_}) for each in instances))
        assert sorted(told) == [*[[]] * (4 - number), *[["some.topic"]] * number], "one of them, once"
        assert {each.of("some.topic") for each in instances} == {number}
    late = Generations(database)
    assert late.of("some.topic") == 0
    await late.learn({"some.topic": "b" * 32})
    assert late.of("some.topic") == 1


def test_a_place_of_the_first_generation_is_written_as_ever_and_of_another_one_apart() -> None:
    first, second = Place("t", 0, 7), Place("t", 0, 7, 1)
    assert (str(first), str(second)) == ("t/0/7", "t~1/0/7")
    assert first.cause() != second.cause()
    assert first.named() == second.named() == {"topic": "t", "partition": 0, "offset": 7}
