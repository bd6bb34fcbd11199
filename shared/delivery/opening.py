"""Opens and closes what a service delivers with: its database, its keys, its producer, its readers."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from functools import partial
from secrets import token_hex
from typing import Any

from faststream.kafka.security import parse_security
from pymongo import AsyncMongoClient

from shared.delivery.arrival import Door
from shared.delivery.book import Book
from shared.delivery.broker import (
    Subscription,
    build_broker,
    build_producer,
    start_patiently,
    start_reading,
    subscribe,
)
from shared.delivery.clock import SystemClock
from shared.delivery.crash import CrashPoints
from shared.delivery.delivery import Delivery
from shared.delivery.fence import fenced
from shared.delivery.generations import Generations
from shared.delivery.housekeeping import housekeeping
from shared.delivery.lanes import Lanes
from shared.delivery.migrations import Migration, check_migrated
from shared.delivery.orphans import Orphans
from shared.delivery.outbox import Outbox
from shared.delivery.periodic import PeriodicTask
from shared.delivery.publisher import Publisher
from shared.delivery.reader import Reader
from shared.delivery.set_aside import SetAside
from shared.delivery.watchdog import Watch, Watchdog
from shared.delivery.watching import counting
from shared.settings import ServerSettings, ServiceSettings
from shared.vault import Compartment, MasterFiles, Vault
from shared.watch.metrics import HALTS, OUTBOX_SENT, OUTBOX_SENT_AGAIN, Metrics
from shared.watch.tasks import Tasks
from shared.watch.traces import start_tracing


def connect(settings: ServerSettings, appname: str) -> AsyncMongoClient[dict[str, Any]]:
    """A client whose every write is with majority and journaled. Its name at the server is this process's own."""
    return AsyncMongoClient(
        settings.mongo.get_secret_value(),
        appname=f"{appname} {token_hex(4)}",
        w="majority",
        journal=True,
        readConcernLevel="majority",
        tz_aware=True,
        uuidRepresentation="standard",
        serverSelectionTimeoutMS=3_000,
        socketTimeoutMS=20_000,
    )


def named(settings: ServerSettings, name: str, separator: str = "_") -> str:
    """A database, group or topic as it is called in this namespace."""
    return f"{settings.namespace}{separator}{name}" if settings.namespace else name


def appname(settings: ServiceSettings) -> str:
    """By what MongoDB knows this service's sessions: its own and no other namespace's, for orphans are ended by it.

    The name of each process begins with it.
    """
    return named(settings, f"relais-{settings.service}", "-")


@asynccontextmanager
async def open_delivery(
    settings: ServiceSettings, compartments: Sequence[Compartment], migrations: Sequence[Migration], metrics: Metrics
) -> AsyncIterator[Delivery]:
    """A service's unit of work, ready to decide and to say. Raises `BehindMigrations`."""
    service, crash = settings.service, CrashPoints.from_environment()
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(connect(settings, appname(settings)))
        database = client[named(settings, settings.store())]
        await check_migrated(database, migrations)
        read_masters = partial(MasterFiles().read, compartments)
        vault = Vault(client[named(settings, "vault")], read_masters(), read_masters)
        stack.push_async_callback(vault.close)
        await vault.check_ready()
        producer = build_producer(settings.kafka, **parse_security(settings.kafka_security()))
        await start_patiently(producer.start, "producer")
        stack.push_async_callback(producer.stop)
        sent = metrics[OUTBOX_SENT].inc, metrics[OUTBOX_SENT_AGAIN].inc
        outbox = Outbox(database, Publisher(producer, settings.namespace), crash, *sent)
        tracing = start_tracing(service, settings.instance, settings.trace_file, settings.otlp_address())
        stack.callback(tracing.close)
        counts, tasks = [counting(metrics)], Tasks(metrics)
        delivery = Delivery(service, database, vault, outbox, SystemClock(), tracing, crash, counts, tasks)
        yield delivery
        await delivery.end()


@asynccontextmanager
async def reading(
    settings: ServiceSettings,
    delivery: Delivery,
    book: Book,
    door_of: Callable[[str], Door],
    subscription: Subscription,
    *,
    metrics: Metrics,
) -> AsyncIterator[tuple[Reader, SetAside]]:
    """Reads until the block is left; what is in flight then ends and is committed."""
    doors = fenced(door_of)
    lanes = Lanes(delivery, doors, book, halted=metrics[HALTS].inc)
    set_aside = SetAside(delivery, doors, book)
    orphans = Orphans(delivery.database, appname(settings))
    stuck = orphans.evict_if_in_the_way
    generations = Generations(delivery.database)
    reader = Reader(
        *(lanes, settings.namespace, delivery.crash, metrics, stuck),
        meeting=subscription.meeting,
        generations=generations,
    )
    broker = build_broker(settings.kafka, settings.kafka_security())
    subscribe(broker, reader, subscription)
    async with AsyncExitStack() as stack:
        await start_patiently(partial(start_reading, broker, reader), "consumer")
        stack.push_async_callback(broker.stop)
        stack.push_async_callback(reader.drain)
        watch = Watch(reader, metrics)
        stack.callback(Watchdog(watch).start())
        jobs = await stack.enter_async_context(housekeeping(settings, delivery, metrics))
        jobs.append(PeriodicTask(delivery.tasks, "release-waiting", set_aside.release_all))
        for run in (*(each.run for each in jobs), watch.run):
            stack.push_async_callback(_cancel, asyncio.create_task(run()))
        yield reader, set_aside


async def _cancel(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
