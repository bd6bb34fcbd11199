"""A lane of its own on the run's MongoDB, and toys as processes on the run's servers."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from pymongo import AsyncMongoClient

from cli.topics import make_topics
from deploy.local.stack import Stack
from shared.contracts.topics import RELAIS_TOPICS
from shared.delivery.broker import build_producer
from shared.delivery.migrations import ENGINE, migrate
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
async def toys(
    stack: Stack, kafka: str, mongo: AsyncMongoClient[dict[str, Any]], namespace: str
) -> AsyncIterator[ToyWorld]:
    """Topics and databases for toys that are processes of their own."""
    own = {"RELAIS_NAMESPACE": namespace, "RELAIS_ISSUER": "http://127.0.0.1:1"}
    environment = {**stack.settings(), **own}
    await migrate_vault(mongo[f"{namespace}_vault"])
    database = mongo[f"{namespace}_referral"]
    await migrate(database, [ENGINE])
    await database.create_collection("tallies")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        await make_topics(read_settings(ServerSettings), RELAIS_TOPICS)
    producer = build_producer(kafka)
    await producer.start()
    yield ToyWorld(kafka, namespace, environment, database, producer)
    await producer.stop()
