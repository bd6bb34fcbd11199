"""How far each service's consumer group is behind, asked of Kafka: this also tells of services that are away."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from faststream.kafka.security import parse_security

from shared.addresses import Brokers
from shared.contracts.topics import AUDIT, INTAKE, RELAIS_AUDIT, RELAIS_TOPICS, SERVICES, station_reports
from shared.delivery.broker import start_patiently
from shared.settings import ServerSettings
from shared.watch.metrics import GROUP_COMMITTED, GROUP_LAG, Metrics

EVERY_SECONDS = 10.0
PATIENCE_SECONDS = 8.0
GROUPS = tuple(service for service in SERVICES if service != AUDIT)

Reached = Callable[[], Awaitable[Mapping[tuple[str, int], int] | None]]
"""The next offset of each partition that is to be read, by topic without its namespace; none where reading is over."""


class Behind(NamedTuple):
    """How far a group is behind on a topic, and the sum of its committed offsets, which tells whether it moves."""

    lag: int
    committed: int


class GroupLag:
    """Compares what the topic map says is read with what each group has committed.

    A partition without a commit counts from its beginning. Asks for committed offsets and ends only, never for the
    members of a group: aiokafka cannot decode those. Audit has no group: its offsets stand in its database, and
    `reached` reads them. Of it only our own topics count: after the end of a station's transaction nothing is reached.
    """

    def __init__(
        self, kafka: Brokers, namespace: str, metrics: Metrics, reached: Reached | None = None, **security: Any
    ) -> None:
        self._prefix = f"{namespace}." if namespace else ""
        self._metrics, self._reached = metrics, reached
        self._groups = (*GROUPS, AUDIT) if reached else GROUPS
        self._admin = AIOKafkaAdminClient(bootstrap_servers=kafka, **security)
        # What is in an open transaction cannot be read yet: it is no lag.
        self._consumer = AIOKafkaConsumer(
            bootstrap_servers=kafka, enable_auto_commit=False, isolation_level="read_committed", **security
        )
        self._measured: set[tuple[str, str]] = set()

    async def start(self) -> None:
        """Connect."""
        await self._admin.start()
        await self._consumer.start()

    async def close(self) -> None:
        """Disconnect."""
        await self._consumer.stop()
        await self._admin.close()

    async def measure(self) -> None:
        """Export the lag of each group on each topic. Raises what Kafka's client raises."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            found = await self.look()
        for labels, behind in found.items():
            self._metrics[GROUP_LAG].labels(*labels).set(behind.lag)
            self._metrics[GROUP_COMMITTED].labels(*labels).set(behind.committed)
        for labels in self._measured - found.keys():
            self._metrics[GROUP_LAG].remove(*labels)
            self._metrics[GROUP_COMMITTED].remove(*labels)
        self._measured = set(found)

    async def look(self) -> Mapping[tuple[str, str], Behind]:
        """How far each group is behind now, by group and topic without their namespace."""
        partitions = await self._partitions()
        begins = await self._consumer.beginning_offsets(partitions)
        ends = await self._consumer.end_offsets(partitions)
        found = dict[tuple[str, str], Behind]()
        for group in self._groups:
            if (done := await self._done(group)) is None:
                continue
            read = [each for each in partitions if is_read_by(group, self._plain(each))]
            behind = {each: (ends[each], max(done.get(each, 0), begins[each])) for each in read}
            found |= self._by_topic(group, behind)
        return found

    async def _done(self, group: str) -> Mapping[TopicPartition, int] | None:
        if group == AUDIT and self._reached:
            if (reached := await self._reached()) is None:
                return None
            return {TopicPartition(self._prefix + topic, n): offset for (topic, n), offset in reached.items()}
        committed = await self._admin.list_consumer_group_offsets(self._prefix + group)
        return {each: offset.offset for each, offset in committed.items() if offset.offset >= 0}

    def _by_topic(self, group: str, behind: Mapping[TopicPartition, tuple[int, int]]) -> dict[tuple[str, str], Behind]:
        topics: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for each, offsets in behind.items():
            topics[self._plain(each)].append(offsets)
        return {
            (group, topic): Behind(sum(max(0, end - at) for end, at in pairs), sum(at for _, at in pairs))
            for topic, pairs in topics.items()
        }

    async def _partitions(self) -> list[TopicPartition]:
        """Every partition in our namespace that some group reads."""
        described = await self._admin.describe_topics()
        ours = [each for each in described if each["topic"].startswith(self._prefix)]
        read = [each for each in ours if any(is_read_by(group, self._named(each["topic"])) for group in self._groups)]
        return [TopicPartition(each["topic"], part["partition"]) for each in read for part in each["partitions"]]

    def _plain(self, partition: TopicPartition) -> str:
        return self._named(partition.topic)

    def _named(self, topic: str) -> str:
        return topic.removeprefix(self._prefix)


def is_read_by(group: str, topic: str) -> bool:
    """Whether the topic map says that a service reads a topic."""
    families: Iterable[tuple[str, tuple[str, ...]]] = (
        (station_reports("").name, (INTAKE,)),
        *((each.name, each.read_by) for each in RELAIS_TOPICS if each is not RELAIS_AUDIT),
    )
    return any(group in read_by and _is_of(topic, name) for name, read_by in families)


def _is_of(topic: str, name: str) -> bool:
    """A name that ends with a dot is that of a family of topics."""
    return topic.startswith(name) and topic != name if name.endswith(".") else topic == name


@asynccontextmanager
async def group_lag(
    settings: ServerSettings, metrics: Metrics, reached: Reached | None = None
) -> AsyncIterator[GroupLag]:
    """Yield what measures the lag of all groups in this namespace."""
    security = parse_security(settings.kafka_security())
    lag = GroupLag(settings.kafka, settings.namespace, metrics, reached, **security)
    await start_patiently(lag.start, "group-lag")
    try:
        yield lag
    finally:
        await lag.close()
