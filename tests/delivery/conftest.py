"""A lane of its own on the run's MongoDB, and toys as processes on the run's servers."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from pymongo import AsyncMongoClient

from cli.topics import make_topics
from deploy.local.passing import passing_stack
from deploy.local.stack import Stack
from shared.contracts.topics import RELAIS_TOPICS
from shared.delivery.broker import build_producer
from shared.delivery.migrations import ENGINE, migrate
from shared.delivery.opening import connect
from shared.settings import ServerSettings, read_settings
from shared.vault import migrate as migrate_vault
from tests.delivery.lane_of_one import Bench
from tests.delivery.toy_world import ToyWorld


@pytest.fixture(scope="module")
async def bench(mongo: AsyncMongoClient[dict[str, Any]], namespace: str) -> AsyncIterator[Bench]:
    """A toy service with a producer that only remembers."""
    made = Bench(mongo[f"{namespace}_referral"], mongo[f"{namespace}_vault"])
    await made.prepare()
    yield made
    await made.vault.close()


@pytest.fixture(scope="module")
async def toys(stack: Stack, namespace: str) -> AsyncIterator[ToyWorld]:
    """Toys that are processes of their own, on the run's servers."""
    async with toys_on(stack, namespace) as world:
        yield world


@pytest.fixture(scope="module")
async def own_stack() -> AsyncIterator[Stack]:
    """Servers that a test may kill without harm to others."""
    with passing_stack({}) as stack:
        await asyncio.to_thread(stack.start)
        yield stack


@asynccontextmanager
async def toys_on(stack: Stack, namespace: str) -> AsyncIterator[ToyWorld]:
    """Topics and databases for toys on some servers."""
    environment = {**stack.settings(), "RELAIS_NAMESPACE": namespace, "RELAIS_ISSUER": "http://127.0.0.1:1"}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        settings = read_settings(ServerSettings)
    await make_topics(settings, RELAIS_TOPICS)
    producer = build_producer(settings.kafka)
    await producer.start()
    async with connect(settings, "toy-test") as client:
        database = client[f"{namespace}_referral"]
        await migrate_vault(client[f"{namespace}_vault"])
        await migrate(database, [ENGINE])
        await database.create_collection("tallies")
        yield ToyWorld(environment["RELAIS_KAFKA"], namespace, environment, database, producer)
    await producer.stop()
