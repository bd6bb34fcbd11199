"""On a real broker: whatever it stores, and whatever fails within the client, nothing good is passed over."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRebalanceListener, TopicPartition
from aiokafka.admin import NewPartitions, RecordsToDelete
from aiokafka.errors import KafkaError

from shared.delivery.consumer import FencedConsumer, Gap
from shared.delivery.record import RawRecord, UnreadBytes
from tests.delivery.crafted import CODECS, Crafted, batch, bomb, plain_of, zstd_frames
from tests.delivery.raw_batches import administering, make_topic, raw_producer

GOOD = Crafted(b"good")
TWO = plain_of(GOOD, GOOD)
STORED = {
    "name that is no text": batch(Crafted(b"good", headers=[(b"\xff\xfe", b"1")]), GOOD),
    "name that is no text, zstd": batch(Crafted(b"good", headers=[(b"\xff\xfe", b"1")]), codec=CODECS["zstd"]),
    "bytes after gzip": batch(GOOD, codec=CODECS["gzip"], after=b"trailing"),
    "wrong length in zstd": batch(Crafted(length=200), codec=CODECS["zstd"]),
    "nothing in it": batch(Crafted(None, None)),
    "null header, empty name": batch(Crafted(b"good", headers=[(b"n", None), (b"", b"x")])),
    "before 1970": batch(GOOD, first_at=-5),
    "two zstd frames": batch(GOOD, GOOD, codec=CODECS["zstd"], payload=zstd_frames(TWO[:5], TWO[5:])),
    "200 MiB of blanks": bomb(CODECS["zstd"], 200 * 1024 * 1024),
}
MARKED = ("bytes after gzip", "wrong length in zstd", "200 MiB of blanks")


@pytest.fixture
async def topic(kafka: str, namespace: str) -> list[TopicPartition]:
    return await make_topic(kafka, f"{namespace}.{uuid4().hex[:8]}", 3)


@asynccontextmanager
async def reading(
    kafka: str, *topics: str, gaps: list[Gap] | None = None, **options: Any
) -> AsyncIterator[FencedConsumer]:
    consumer = FencedConsumer(
        *topics,
        bootstrap_servers=kafka,
        group_id=options.pop("group_id", f"g{uuid4().hex}"),
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        noticed=(gaps if gaps is not None else []).append,
        **options,
    )
    await consumer.start()
    try:
        yield consumer
    finally:
        await consumer.stop()


async def take(consumer: FencedConsumer, many: int) -> dict[TopicPartition, list[RawRecord]]:
    """So many records, taken over as a reader does; what fails is tried again."""
    found: dict[TopicPartition, list[RawRecord]] = {}
    async with asyncio.timeout(30):
        while sum(map(len, found.values())) < many:
            try:
                handed = await consumer.getmany(timeout_ms=200, max_records=7)
            except KafkaError:
                continue
            for tp, records in handed.items():
                if consumer.take_over(tp):
                    found.setdefault(tp, []).extend(records)
    return found


async def put(kafka: str, tp: TopicPartition, values: Sequence[bytes], **options: Any) -> None:
    async with AIOKafkaProducer(bootstrap_servers=kafka, **options) as producer:
        for value in values:
            await producer.send_and_wait(tp.topic, value, partition=tp.partition)


async def test_whatever_a_broker_stores_the_good_records_of_all_partitions_come(
    kafka: str, topic: list[TopicPartition]
) -> None:
    bad, *good = topic
    async with raw_producer(kafka) as producer:
        for raw in STORED.values():
            await producer.send(bad, raw)
            await producer.send(bad, batch(GOOD))
    for tp in good:
        await put(kafka, tp, [b"%d" % n for n in range(50)], compression_type="lz4")
    gaps: list[Gap] = []
    async with reading(kafka, bad.topic, gaps=gaps) as consumer:
        ends = await consumer.end_offsets(topic)
        found = await take(consumer, sum(ends.values()))
    for tp in good:
        assert [record.value for record in found[tp]] == [b"%d" % n for n in range(50)]
    assert [record.offset for record in found[bad]] == list(range(ends[bad]))
    read = Counter("marker" if isinstance(record.value, UnreadBytes) else record.value for record in found[bad])
    assert read == {"marker": len(MARKED), None: 1, b"good": ends[bad] - len(MARKED) - 1}
    assert gaps == []


async def test_an_idle_call_waits_for_as_long_as_its_consumer_is_patient_or_until_something_comes(
    kafka: str, topic: list[TopicPartition]
) -> None:
    async with reading(kafka, topic[0].topic, patience=60.0) as consumer:
        await put(kafka, topic[0], [b"first"])
        await take(consumer, 1)
        waiting = asyncio.create_task(consumer.getmany(timeout_ms=1))
        await asyncio.sleep(0.1)
        assert not waiting.done()
        await put(kafka, topic[1], [b"later"])
        assert [record.value for record in (await waiting)[topic[1]]] == [b"later"]


@pytest.mark.parametrize("failing", [UnicodeDecodeError("utf-8", b"\xff", 0, 1, ""), KafkaError(), OSError()])
async def test_a_call_that_fails_after_it_has_moved_on_loses_nothing(
    kafka: str, topic: list[TopicPartition], monkeypatch: pytest.MonkeyPatch, failing: Exception
) -> None:
    for tp in topic:
        await put(kafka, tp, [b"%d" % n for n in range(30)])
    getmany, calls = AIOKafkaConsumer.getmany, Counter[str]()

    async def failing_now_and_then(self: Any, *tps: Any, **options: Any) -> Any:
        found = await getmany(self, *tps, **options)
        calls["found"] += bool(found)
        if found and calls["found"] % 3 == 1:
            raise failing
        return found

    monkeypatch.setattr(AIOKafkaConsumer, "getmany", failing_now_and_then)
    gaps: list[Gap] = []
    async with reading(kafka, topic[0].topic, gaps=gaps) as consumer:
        found = await take(consumer, 90)
        assert await consumer.getmany(timeout_ms=300) == {}
    assert all([record.offset for record in found[tp]] == list(range(30)) for tp in topic)
    assert set(gaps) == {"skipped"}


async def test_what_nobody_took_over_is_handed_out_again(kafka: str, topic: list[TopicPartition]) -> None:
    await put(kafka, topic[0], [b"1", b"2"])
    async with reading(kafka, topic[0].topic) as consumer:
        async with asyncio.timeout(20):
            while not (lost := await consumer.getmany(timeout_ms=200)):
                pass
        found = await take(consumer, 2)
    assert [record.value for record in lost[topic[0]]] == [record.value for record in found[topic[0]]] == [b"1", b"2"]


class Assigned(ConsumerRebalanceListener):
    """Remembers what a consumer had kept at the moment at which partitions were assigned."""

    def __init__(self, consumer: FencedConsumer) -> None:
        self._consumer = consumer
        self.kept: list[dict[TopicPartition, int]] = []

    async def on_partitions_assigned(self, _assigned: Any) -> None:
        self.kept.append(dict(self._consumer.kept))

    async def on_partitions_revoked(self, _revoked: Any) -> None:
        return


async def test_what_was_taken_over_before_partitions_were_assigned_anew_is_not_kept_and_comes_again(
    kafka: str, topic: list[TopicPartition]
) -> None:
    tp = topic[0]
    await put(kafka, tp, [b"1", b"2"])
    async with reading(kafka) as consumer:
        assigned = Assigned(consumer)
        consumer.subscribe([tp.topic], listener=assigned)
        await take(consumer, 2)
        taken = dict(consumer.kept)
        consumer.subscribe([tp.topic], listener=assigned)
        async with asyncio.timeout(20):
            while len(assigned.kept) < 2:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        found = await take(consumer, 2)
    assert (taken[tp], assigned.kept) == (2, [{}, {}])
    assert [record.value for record in found[tp]] == [b"1", b"2"]


async def test_a_consumer_that_has_had_nothing_to_read_for_long_stays_in_its_group(
    kafka: str, topic: list[TopicPartition]
) -> None:
    tp = topic[0]
    async with reading(
        kafka, tp.topic, max_poll_interval_ms=1000, heartbeat_interval_ms=200, session_timeout_ms=6000
    ) as consumer:
        async with asyncio.timeout(20):
            while not consumer.assignment():
                await consumer.getmany(timeout_ms=50)
        for _ in range(50):
            assert await consumer.getmany(timeout_ms=50) == {}
        await put(kafka, tp, [b"1"])
        found = await take(consumer, 1)
    assert [record.value for record in found[tp]] == [b"1"]


async def test_markers_and_aborted_records_are_no_gap_and_leave_a_position_to_commit(
    kafka: str, topic: list[TopicPartition]
) -> None:
    tp, gaps = topic[0], list[Gap]()
    async with AIOKafkaProducer(bootstrap_servers=kafka, transactional_id=uuid4().hex) as producer:
        for values, is_good in (([b"1", b"2"], True), ([b"x", b"x"], False), ([b"3"], True), ([b"x"], False)):
            await producer.begin_transaction()
            for value in values:
                await producer.send_and_wait(tp.topic, value, partition=0)
            await (producer.commit_transaction() if is_good else producer.abort_transaction())
    async with reading(kafka, tp.topic, gaps=gaps, isolation_level="read_committed") as consumer:
        found = await take(consumer, 3)
        async with asyncio.timeout(20):
            end = (await consumer.end_offsets([tp]))[tp]
            while consumer.kept[tp] < end:
                assert await consumer.getmany(timeout_ms=100) == {}
    assert [record.value for record in found[tp]] == [b"1", b"2", b"3"]
    assert (end, gaps) == (10, [])


async def test_records_that_were_deleted_before_they_were_read_are_an_alarm(
    kafka: str, topic: list[TopicPartition]
) -> None:
    tp, gaps = topic[0], list[Gap]()
    await put(kafka, tp, [b"%d" % n for n in range(4)])
    async with reading(kafka, tp.topic, gaps=gaps) as consumer:
        await take(consumer, 4)
        consumer.pause(tp)
        await put(kafka, tp, [b"%d" % n for n in range(4, 9)])
        async with administering(kafka) as admin:
            await admin.delete_records({tp: RecordsToDelete(before_offset=7)})
        consumer.seek(tp, 4)
        consumer.resume(tp)
        found = await take(consumer, 2)
    assert [record.value for record in found[tp]] == [b"7", b"8"]
    assert gaps == ["lost"]


async def test_a_topic_that_was_made_anew_is_read_from_its_beginning_and_is_an_alarm(
    kafka: str, topic: list[TopicPartition]
) -> None:
    tp, gaps = topic[0], list[Gap]()
    await put(kafka, tp, [b"%d" % n for n in range(5)])
    async with reading(kafka, gaps=gaps, group_id=None) as consumer:
        consumer.assign([tp])
        await take(consumer, 5)
        async with administering(kafka) as admin:
            await admin.delete_topics([tp.topic])
        await until_gone(kafka, tp.topic)
        await make_topic(kafka, tp.topic)
        await put(kafka, tp, [b"new 1", b"new 2"])
        found = await take(consumer, 2)
    assert [record.value for record in found[tp]] == [b"new 1", b"new 2"]
    assert gaps == ["reset"]


async def until_gone(kafka: str, name: str) -> None:
    async with administering(kafka) as admin, asyncio.timeout(20):
        while name in await admin.list_topics():  # noqa: ASYNC110 # nothing tells
            await asyncio.sleep(0.1)


async def test_partitions_that_are_added_are_read_from_their_beginning(kafka: str, topic: list[TopicPartition]) -> None:
    async with reading(kafka, topic[0].topic, metadata_max_age_ms=1000) as consumer:
        await consumer.getmany(timeout_ms=100)
        async with administering(kafka) as admin:
            await admin.create_partitions({topic[0].topic: NewPartitions(4)})
        added = TopicPartition(topic[0].topic, 3)
        await asyncio.sleep(0.5)
        await put(kafka, added, [b"1", b"2"])
        found = await take(consumer, 2)
    assert [record.value for record in found[added]] == [b"1", b"2"]
