"""The lag of groups whose services are away, asked of the real Kafka."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import GroupCoordinatorNotAvailableError
from aiokafka.structs import OffsetAndMetadata
from pydantic import SecretStr

from cli.topics import make_topics
from shared.contracts.topics import RELAIS_TOPICS, station_reports
from shared.delivery.broker import build_producer
from shared.delivery.group_lag import GroupLag, group_lag, is_read_by
from shared.settings import ServerSettings
from shared.watch.metrics import GROUP_COMMITTED, GROUP_LAG, Metrics

MANY = 5


@pytest.fixture(scope="module")
def settings(kafka: str, namespace: str) -> ServerSettings:
    mongo = SecretStr("mongodb://127.0.0.1/?replicaSet=rs0")
    return ServerSettings(kafka=[kafka], mongo=mongo, namespace=namespace)


@pytest.fixture(scope="module")
async def metrics(settings: ServerSettings) -> AsyncIterator[Metrics]:
    """What is exported by a service that lives, after five reports that nobody has read."""
    await make_topics(settings, (*RELAIS_TOPICS, station_reports("police")))
    producer = build_producer(settings.kafka)
    await producer.start()
    for topic in ("station.reports.police", "relais.intake"):
        for n in range(MANY):
            await producer.send_and_wait(f"{settings.namespace}.{topic}", b"{}", partition=n % 2)
    await producer.stop()
    yield Metrics("audit")


@pytest.fixture
async def lag(settings: ServerSettings, metrics: Metrics) -> AsyncIterator[GroupLag]:
    async with group_lag(settings, metrics) as lag:
        yield lag


async def measure(lag: GroupLag) -> None:
    """Measure, once a broker that has just been made has a place for offsets."""
    async with asyncio.timeout(60):
        while True:
            with suppress(GroupCoordinatorNotAvailableError):
                await lag.measure()
                return
            await asyncio.sleep(0.5)


def measured(metrics: Metrics, group: str, topic: str) -> tuple[float | None, float | None]:
    labels = {"service": "audit", "group": group, "topic": topic}
    lag, committed = (metrics.registry.get_sample_value(each.name, labels) for each in (GROUP_LAG, GROUP_COMMITTED))
    return lag, committed


async def test_a_group_that_never_committed_is_behind_by_all_that_its_topics_hold(
    lag: GroupLag, metrics: Metrics
) -> None:
    await measure(lag)
    assert measured(metrics, "referral", "relais.intake") == (MANY, 0)
    assert measured(metrics, "intake", "station.reports.police") == (MANY, 0)
    assert measured(metrics, "notification", "relais.cases") == (0, 0)


async def test_what_a_group_has_committed_it_is_not_behind_with(
    settings: ServerSettings, lag: GroupLag, metrics: Metrics
) -> None:
    partition = TopicPartition(f"{settings.namespace}.relais.intake", 0)
    reader = AIOKafkaConsumer(
        bootstrap_servers=settings.kafka, group_id=f"{settings.namespace}.referral", enable_auto_commit=False
    )
    await reader.start()
    reader.assign([partition])
    await reader.commit({partition: OffsetAndMetadata(2, "")})
    await reader.stop()
    await measure(lag)
    assert measured(metrics, "referral", "relais.intake") == (MANY - 2, 2)


@pytest.mark.usefixtures("metrics")
async def test_audit_that_has_no_group_tells_how_far_it_is_itself(settings: ServerSettings) -> None:
    async def reached() -> dict[tuple[str, int], int]:
        return {("relais.intake", 0): 2, ("station.reports.police", 0): 0}

    metrics = Metrics("audit")
    async with group_lag(settings, metrics, reached) as lag:
        await measure(lag)
    assert measured(metrics, "audit", "relais.intake") == (MANY - 2, 2)
    assert measured(metrics, "audit", "station.reports.police") == (None, None)


@pytest.mark.usefixtures("metrics")
async def test_a_log_that_has_ended_is_behind_with_nothing(settings: ServerSettings) -> None:
    async def over() -> None:
        """Nothing is read any more."""

    metrics = Metrics("audit")
    async with group_lag(settings, metrics, over) as lag:
        await measure(lag)
    assert measured(metrics, "audit", "relais.intake") == (None, None)


@pytest.mark.parametrize(
    ("group", "topic", "reads"),
    [
        ("intake", "station.reports.police", True),
        ("intake", "station.receipts.police", False),
        ("intake", "relais.standing", True),
        ("referral", "relais.intake", True),
        ("referral", "other.relais.intake", False),
        ("notification", "relais.cases", True),
        ("notification", "relais.access", False),
        ("audit", "relais.access", True),
        ("audit", "relais.audit", False),
        ("audit", "station.reports.police", False),
    ],
)
def test_the_topic_map_tells_which_group_reads_a_topic(group: str, topic: str, reads: bool) -> None:
    assert is_read_by(group, topic) is reads
