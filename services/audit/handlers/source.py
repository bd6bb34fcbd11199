"""Every topic but the log's own, read from where the log stands.

No consumer group: the offsets stand in the log's head, and move in the transaction that holds the lines. Decision 0008.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from services.audit.domain.head import Bounds, Partition
from shared.addresses import Brokers
from shared.contracts.topics import RELAIS_AUDIT
from shared.delivery.consumer import FencedConsumer, Gap, ignore
from shared.delivery.record import Record, record_of
from shared.delivery.topic_ids import topic_ids

MOST_RECORDS = 2000
WAIT_MS = 200
FAMILIES = ("station.", "relais.")


class Source:
    """Reads partitions by hand: which there are, what they hold, what comes next."""

    def __init__(
        self, kafka: Brokers | str, namespace: str, noticed: Callable[[Gap], None] = ignore, **security: Any
    ) -> None:
        self._prefix = f"{namespace}." if namespace else ""
        self._namespace = namespace
        self._ids: Mapping[str, str] = {}
        self._admin = AIOKafkaAdminClient(bootstrap_servers=kafka, **security)
        # Behind a fetch that waits, a question about offsets would wait as long: it has a connection of its own.
        self._enquirer = _consumer(kafka, **security)
        self._consumer = _consumer(kafka, noticed=noticed, **security)

    async def start(self) -> None:
        """Connect."""
        await self._admin.start()
        await self._enquirer.start()
        await self._consumer.start()

    async def close(self) -> None:
        """Disconnect."""
        await self._consumer.stop()
        await self._enquirer.stop()
        await self._admin.close()

    async def partitions(self) -> list[Partition]:
        """Every partition there is, but the log's own."""
        described = await self._admin.describe_topics()
        client: Any = self._admin._client
        ids = await topic_ids(client, [each["topic"] for each in described if self._is_read(each["topic"])])
        self._ids = {name.removeprefix(self._prefix): id_ for name, id_ in ids.items()}
        topics = {each["topic"].removeprefix(self._prefix): each for each in described if self._is_read(each["topic"])}
        return sorted((name, part["partition"]) for name, topic in topics.items() for part in topic["partitions"])

    def topic_id(self, topic: str) -> str:
        """The id that a topic had when partitions were asked for last, where it is known."""
        return self._ids.get(topic, "")

    def _is_read(self, topic: str) -> bool:
        name = topic.removeprefix(self._prefix)
        return topic.startswith(self._prefix) and name.startswith(FAMILIES) and name != RELAIS_AUDIT.name

    async def bounds(self, partitions: Iterable[Partition]) -> dict[Partition, Bounds]:
        """What each partition holds."""
        asked = [self._named(each) for each in partitions]
        starts = await self._enquirer.beginning_offsets(asked)
        ends = await self._enquirer.end_offsets(asked)
        return {self._plain(each): Bounds(starts[each], ends[each]) for each in asked}

    def seek(self, due: Mapping[Partition, int]) -> None:
        """Read exactly these partitions, from these offsets on."""
        self._consumer.assign([self._named(each) for each in due])
        for partition, offset in due.items():
            self._consumer.seek(self._named(partition), offset)

    async def fetch(self) -> Sequence[Record]:
        """What has come, in the order of each partition; nothing after a while."""
        if self._consumer.failure:
            # Others had records at the last call. An offset that is gone must become a line now.
            failure, self._consumer.failure = self._consumer.failure, None
            raise failure
        found = await self._consumer.getmany(timeout_ms=WAIT_MS, max_records=MOST_RECORDS)
        for partition in found:
            self._consumer.take_over(partition)
        return [record_of(raw, self._namespace) for records in found.values() for raw in records]

    async def backlog(self) -> int:
        """How many offsets are still ahead, markers and aborted records of transactions included."""
        assigned = self._consumer.assignment()
        ends = await self._enquirer.end_offsets(assigned)
        return sum([max(0, ends[each] - await self._consumer.position(each)) for each in assigned])

    async def last_values(self, partition: Partition, count: int) -> list[bytes]:
        """The values of the newest records of a partition. Ends the reading of all others."""
        (bounds,) = (await self.bounds([partition])).values()
        self.seek({partition: max(bounds.start, bounds.end - count)})
        values: list[bytes] = []
        while await self._consumer.position(self._named(partition)) < bounds.end:
            values += [record.value for record in await self.fetch() if record.value]
        return values

    def _named(self, partition: Partition) -> TopicPartition:
        return TopicPartition(self._prefix + partition[0], partition[1])

    def _plain(self, partition: TopicPartition) -> Partition:
        return partition.topic.removeprefix(self._prefix), partition.partition


def _consumer(kafka: Brokers | str, **security: Any) -> FencedConsumer:
    return FencedConsumer(
        bootstrap_servers=kafka,
        isolation_level="read_committed",
        enable_auto_commit=False,
        # An offset that is gone must be noticed, not skipped: it becomes a line.
        auto_offset_reset="none",
        **security,
    )
