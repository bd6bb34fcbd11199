"""Checks a whole history of events, read back from Kafka, against what the engine promises about it."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from aiokafka import AIOKafkaConsumer, TopicPartition


@dataclass(frozen=True)
class Said:
    """One record as anybody may read it."""

    topic: str
    partition: int
    offset: int
    key: str
    headers: dict[str, str]
    value: bytes

    @property
    def id(self) -> str:
        return self.headers["ce_id"]

    @property
    def stream(self) -> tuple[str, str]:
        return self.headers["ce_source"], self.headers["ce_subject"]


async def read_all(bootstrap: str, topics: Iterable[str]) -> list[Said]:
    """Every record that stands on these topics now, each partition in order."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest", enable_auto_commit=False)
    await consumer.start()
    try:
        places = [TopicPartition(topic, p) for topic in topics for p in await _partitions(consumer, topic)]
        ends = await consumer.end_offsets(places)
        consumer.assign([place for place in places if ends[place] > 0])
        found: list[Said] = []
        while any([await consumer.position(place) < ends[place] for place in consumer.assignment()]):
            for records in (await consumer.getmany(timeout_ms=500)).values():
                found += [_said(record) for record in records]
        return found
    finally:
        await consumer.stop()


async def _partitions(consumer: AIOKafkaConsumer, topic: str) -> set[int]:
    for _ in range(50):
        await consumer._client.force_metadata_update()
        if partitions := consumer.partitions_for_topic(topic):
            return set(partitions)
        await asyncio.sleep(0.1)
    raise LookupError(topic)


def _said(record: object) -> Said:
    headers = {name: value.decode() for name, value in record.headers}  # type: ignore[attr-defined] # aiokafka's record
    return Said(record.topic, record.partition, record.offset, record.key.decode(), headers, record.value)  # type: ignore[attr-defined] # as above


def lost(history: Iterable[Said], report_ids: Iterable[str]) -> Iterator[str]:
    """The reports that were acknowledged and of which nothing was ever said."""
    said = b"".join(each.value for each in history)
    yield from (report_id for report_id in report_ids if report_id.encode() not in said)


def faults(history: Iterable[Said]) -> Iterator[str]:
    """Everything that is wrong with a history of our own topics; nothing if it keeps its promises."""
    first: dict[tuple[str, str], Said] = {}
    last: dict[tuple[str, str, str], int] = defaultdict(int)
    for said in history:
        known = first.setdefault((said.topic, said.id), said)
        if known is not said:
            if (known.value, known.headers, known.key) != (said.value, said.headers, said.key):
                yield f"{said.id} stands twice on {said.topic} with other bytes"
            continue
        if said.key != said.headers["ce_subject"]:
            yield f"{said.id} on {said.topic} is not keyed by its subject"
        stream = (said.topic, *said.stream)
        sequence = int(said.headers["ce_sequence"])
        if sequence != last[stream] + 1:
            yield f"{said.topic} {said.stream}: {sequence} follows {last[stream]}"
        last[stream] = max(last[stream], sequence)
