"""FastStream on aiokafka, with the settings that keep every record: nothing is committed but by the engine."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from faststream import AckPolicy
from faststream.kafka import KafkaBroker

from shared.addresses import Brokers
from shared.delivery.away import KAFKA_REFUSES, Away, Complaints, refused_by_kafka
from shared.delivery.failures import error_code
from shared.delivery.reader import Reader
from shared.delivery.record import RawRecord

RECORDS_A_PARTITION, PARTITIONS = 500, 6
A_MOMENT_MS = 1
"""FastStream waits so long for records, and sleeps as long after that: the reader's consumer is more patient."""
GRACE_SECONDS = 15.0

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Subscription:
    """What a service reads: topics by name, or by pattern; `read_committed` where a producer may be transactional.

    `meeting`: what is decided in one lane changes what others look at, as a digest of all that one person is told.
    """

    group: str
    instance: str
    topics: Sequence[str] = ()
    pattern: str | None = None
    read_committed: bool = False
    meeting: bool = False


def build_broker(servers: Brokers, security: Any = None) -> KafkaBroker:
    """A broker that creates no topic by accident."""
    return KafkaBroker(
        servers,
        security=security,
        allow_auto_create_topics=False,
        consumer_only=True,
        graceful_timeout=GRACE_SECONDS,
        metadata_max_age_ms=10_000,
        apply_types=False,
        logger=structlog.get_logger("faststream"),
    )


def build_producer(servers: Brokers | str, **security: Any) -> AIOKafkaProducer:
    """The one producer of a process: idempotent, acknowledged by all replicas, at once."""
    return AIOKafkaProducer(
        bootstrap_servers=servers,
        acks="all",
        enable_idempotence=True,
        linger_ms=0,
        max_batch_size=262_144,
        max_request_size=2_097_152,
        **security,
    )


def subscribe(broker: KafkaBroker, reader: Reader, subscription: Subscription) -> Any:
    """Let a reader have everything that a subscription brings, in batches."""
    subscriber = broker.subscriber(
        *subscription.topics,
        pattern=subscription.pattern,
        group_id=subscription.group,
        group_instance_id=subscription.instance,
        batch=True,
        ack_policy=AckPolicy.MANUAL,
        auto_offset_reset="earliest",
        max_records=RECORDS_A_PARTITION * PARTITIONS,
        batch_timeout_ms=A_MOMENT_MS,
        session_timeout_ms=10_000,
        heartbeat_interval_ms=3_000,
        rebalance_timeout_ms=60_000,
        isolation_level="read_committed" if subscription.read_committed else "read_uncommitted",
        listener=reader,
    )

    async def on_batch(_body: Any) -> None:
        message = broker.context.get_local("message")
        try:
            await reader.on_batch(message.consumer, message.raw_message)
        except asyncio.CancelledError:
            # FastStream never restarts a task that was cancelled from within: only our own stop may end it.
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            log.exception("batch-cancelled-from-within")

    subscriber(on_batch, parser=_parse, decoder=_decode)
    return subscriber


async def start_reading(broker: KafkaBroker, reader: Reader) -> None:
    """Start a broker whose consumers are the reader's own."""
    await broker.connect()
    # FastStream has no other place for it, and chooses the class anew at each `connect`.
    config: Any = broker.config.broker_config
    config.builder = partial(reader.build_consumer, **config.builder.keywords)
    await broker.start()


async def _parse(records: tuple[RawRecord, ...], original: Any) -> Any:
    """Can't fail: headers are read by the door, so that a bad one spoils only its own record."""
    message = await original(tuple(replace(each, headers=()) for each in records[:1]))
    message.raw_message = records
    return message


async def _decode(message: Any) -> Any:
    return message.raw_message


async def start_patiently(start: Any, what: str) -> None:
    """Start, again and again while the broker is away: servers and services may start in any order.

    Raises `ServerRefuses` where it is not: a right that we lack does not come by waiting.
    """
    complaints = Complaints()
    while True:
        try:
            await start()
            return complaints.end()
        except KAFKA_REFUSES as error:
            raise refused_by_kafka(error, "RELAIS_KAFKA") from None
        except KafkaError as error:
            complaints.say(Away("kafka", what, type(error).__name__, code=error_code(error)))
            await asyncio.sleep(1)
