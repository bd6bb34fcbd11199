"""A log on real servers: its own topics and database, a producer of records, and sequencers that can be killed."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import orjson
from aiokafka import AIOKafkaProducer
from aiokafka.admin import NewTopic
from pydantic import SecretBytes
from pymongo import AsyncMongoClient

from services.audit.domain.witness import Witness
from services.audit.handlers.sequencer import Sequencer
from services.audit.handlers.source import Source
from services.audit.handlers.witnesses import Witnesses
from services.audit.handlers.writer import LogWriter
from services.audit.migrations import MIGRATIONS
from services.audit.store.cosignatures import Cosignatures
from services.audit.store.log import LogStore
from services.audit.store.proofs import Proofs
from services.audit.store.public import PublicLog
from shared.contracts.cloudevent import Headers
from shared.delivery.clock import SystemClock
from shared.delivery.crash import CrashPoints, Point
from shared.delivery.delivery import Delivery
from shared.delivery.migrations import migrate
from shared.delivery.outbox import Outbox
from shared.delivery.publisher import Publisher
from shared.vault import Vault
from shared.vault import migrate as migrate_vault
from shared.vault.masters import MASTER_BYTES
from shared.watch.traces import start_tracing
from tests.audit.builders import ORIGIN, a_signer
from tests.delivery.raw_batches import administering

TOPICS = ("station.reports.police", "relais.cases", "relais.access", "relais.audit")


class Killed(BaseException):
    """As if the power had gone at this point."""


class Deadly(CrashPoints):
    """Kills the sequencer at its first passage of a point; the process of the test lives on."""

    def reach(self, point: Point) -> None:
        if point == self.armed:
            raise Killed


async def not_stuck(_error: Exception) -> None:
    """Nothing to clear away: every process of these tests ends its sessions."""


class Until(asyncio.Event):
    """Is set as soon as something holds."""

    def __init__(self, holds: Callable[[], bool]) -> None:
        super().__init__()
        self._holds = holds

    def is_set(self) -> bool:
        return self._holds()


@dataclass
class Reading:
    """One running sequencer."""

    sequencer: Sequencer
    writer: LogWriter
    source: Source
    witnesses: Witnesses

    async def drain(self) -> None:
        """Take turns until everything on Kafka is in the log."""
        await self.sequencer.turn()
        while await self.source.backlog():
            await self.sequencer.turn()

    async def run_until(self, is_done: Callable[[], bool]) -> None:
        """Run as a process does, until something is reached."""
        async with asyncio.timeout(20):
            await self.sequencer.run(Until(is_done))


@dataclass
class Bench:
    """The servers, and what a test does with them."""

    kafka: str
    namespace: str
    shelter: str
    client: AsyncMongoClient[dict[str, Any]]
    producer: AIOKafkaProducer
    witnesses: tuple[Witness, ...] = ()

    @property
    def database(self) -> Any:
        return self.client[f"{self.shelter}_audit"]

    async def send(self, topic: str, headers: Headers, value: bytes | None = b"{}", key: bytes | None = None) -> int:
        """Returns the record's offset."""
        sent = await self.producer.send_and_wait(f"{self.namespace}.{topic}", value, key, headers=list(headers))
        return int(sent.offset)

    def delivery(self, crash: CrashPoints) -> Delivery:
        vault = Vault(self.client[f"{self.shelter}_vault"], {"access": SecretBytes(b"m" * MASTER_BYTES)})
        outbox = Outbox(self.database, Publisher(self.producer, self.namespace), crash)
        return Delivery("audit", self.database, vault, outbox, SystemClock(), start_tracing("audit", "test"), crash)

    @asynccontextmanager
    async def sequencing(
        self, crash: CrashPoints | None = None, seed: int = 1, origin: str = ORIGIN
    ) -> AsyncIterator[Reading]:
        """A sequencer that has taken over, as a process just started would have one."""
        signer, delivery = a_signer(origin, seed), self.delivery(crash or CrashPoints())
        source, writer = Source(self.kafka, self.namespace), LogWriter(delivery, LogStore(self.database), signer)
        witnesses = Witnesses(self.witnesses, Proofs(PublicLog(self.database)), Cosignatures(self.database))
        sequencer = Sequencer(source, writer, witnesses, SystemClock(), stuck=not_stuck)
        async with AsyncExitStack() as stack:
            stack.push_async_callback(witnesses.close)
            stack.push_async_callback(delivery.vault.close)
            await source.start()
            stack.push_async_callback(source.close)
            await sequencer.begin()
            yield Reading(sequencer, writer, source, witnesses)

    async def log_all(self) -> None:
        """Bring the log up to date with Kafka."""
        async with self.sequencing() as reading:
            await reading.drain()

    async def empty(self) -> None:
        """Leave the databases as `databases` made them."""
        for database in (self.database, self.client[f"{self.shelter}_vault"]):
            for name in await database.list_collection_names():
                if name != "migrations":
                    await database[name].delete_many({})

    async def leaves(self) -> list[dict[str, Any]]:
        """Every line of the log, in order."""
        found = self.database["entries"].find({}, sort={"_id": 1})
        return [orjson.loads(document["leaf"]) async for document in found]

    async def kinds(self) -> list[str]:
        return [leaf["kind"] for leaf in await self.leaves()]


@asynccontextmanager
async def databases(client: AsyncMongoClient[dict[str, Any]], shelter: str) -> AsyncIterator[str]:
    """Databases under this name. To make them takes longer than a test: several tests use them in turn."""
    try:
        await migrate(client[f"{shelter}_audit"], MIGRATIONS)
        await migrate_vault(client[f"{shelter}_vault"])
        yield shelter
    finally:
        await client.drop_database(f"{shelter}_audit")
        await client.drop_database(f"{shelter}_vault")


@asynccontextmanager
async def a_bench(
    kafka: str, client: AsyncMongoClient[dict[str, Any]], namespace: str, shelter: str
) -> AsyncIterator[Bench]:
    producer = AIOKafkaProducer(bootstrap_servers=kafka, acks="all", enable_idempotence=True)
    await producer.start()
    bench = Bench(kafka, namespace, shelter, client, producer)
    try:
        await make_topics(kafka, {f"{namespace}.{name}": 1 for name in TOPICS})
        yield bench
    finally:
        await producer.stop()
        await bench.empty()


async def make_topics(kafka: str, partitions: Mapping[str, int]) -> None:
    async with administering(kafka) as admin:
        await admin.create_topics([NewTopic(name, count, 1) for name, count in partitions.items()])


async def drop_topics(kafka: str, names: Iterable[str]) -> None:
    async with administering(kafka) as admin:
        await admin.delete_topics(list(names))
