"""A consumer that only remembers."""

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from aiokafka import ConsumerRecord, TopicPartition
from aiokafka.structs import OffsetAndMetadata

from shared.delivery.record import RawRecord


@dataclass
class RememberingConsumer:
    """Knows where each partition stands, as aiokafka's consumer does."""

    positions: dict[TopicPartition, int] = field(default_factory=dict)
    committed: dict[TopicPartition, int] = field(default_factory=dict)
    paused: set[TopicPartition] = field(default_factory=set)
    ends: dict[TopicPartition, int] = field(default_factory=dict)
    commit_seconds: float = 0.0

    def assignment(self) -> frozenset[TopicPartition]:
        return frozenset(self.positions)

    async def end_offsets(self, tps: Collection[TopicPartition]) -> dict[TopicPartition, int]:
        return {tp: self.ends[tp] for tp in tps}

    async def position(self, tp: TopicPartition) -> int:
        return self.positions[tp]

    def seek(self, tp: TopicPartition, offset: int) -> None:
        self.positions[tp] = offset

    def pause(self, tp: TopicPartition) -> None:
        self.paused.add(tp)

    def resume(self, tp: TopicPartition) -> None:
        self.paused.discard(tp)

    async def commit(self, offsets: Mapping[TopicPartition, OffsetAndMetadata]) -> None:
        await asyncio.sleep(self.commit_seconds)
        self.committed |= {tp: each.offset for tp, each in offsets.items()}

    def read(self, tp: TopicPartition, first: int, last: int) -> list[RawRecord]:
        self.positions[tp] = last
        return [ConsumerRecord(tp.topic, tp.partition, n, 0, 0, b"k", b"v", None, 1, 1, ()) for n in range(first, last)]
