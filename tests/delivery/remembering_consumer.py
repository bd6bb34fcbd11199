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
    kept: dict[TopicPartition, int] = field(default_factory=dict)
    handed: dict[TopicPartition, int] = field(default_factory=dict)

    def assignment(self) -> frozenset[TopicPartition]:
        return frozenset(self.positions)

    async def end_offsets(self, tps: Collection[TopicPartition]) -> dict[TopicPartition, int]:
        return {tp: self.ends[tp] for tp in tps}

    async def position(self, tp: TopicPartition) -> int:
        return self.positions[tp]

    def topic_id(self, topic: str) -> str:
        return f"id of {topic}"

    def take_over(self, tp: TopicPartition) -> bool:
        position = self.handed.pop(tp, None)
        if position is None or position != self.positions[tp]:
            return False
        self.kept[tp] = position
        return True

    def give_back(self, tp: TopicPartition) -> None:
        if self.handed.pop(tp, None) is not None:
            self.positions[tp] = self.kept.get(tp, 0)

    def seek(self, tp: TopicPartition, offset: int) -> None:
        self.positions[tp] = self.kept[tp] = offset
        self.handed.pop(tp, None)

    def pause(self, *tps: TopicPartition) -> None:
        self.paused.update(tps)

    def resume(self, tp: TopicPartition) -> None:
        self.paused.discard(tp)

    async def commit(self, offsets: Mapping[TopicPartition, OffsetAndMetadata]) -> None:
        await asyncio.sleep(self.commit_seconds)
        self.committed |= {tp: each.offset for tp, each in offsets.items()}

    def pass_over(self, tp: TopicPartition, offset: int) -> None:
        """Move past a marker: nothing is handed out of it."""
        self.positions[tp] = self.kept[tp] = offset

    def read(self, tp: TopicPartition, first: int, last: int) -> list[RawRecord]:
        self.positions[tp] = self.handed[tp] = last
        return [ConsumerRecord(tp.topic, tp.partition, n, 0, 0, b"k", b"v", None, 1, 1, ()) for n in range(first, last)]
