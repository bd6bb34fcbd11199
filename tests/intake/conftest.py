"""Intake as a process on the run's real servers, with the sample registry."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
import pytest
from aiokafka import AIOKafkaProducer
from pymongo import AsyncMongoClient

from cli.topics import make_topics
from deploy.local.services import Service
from deploy.local.stack import Stack
from services.intake.commands import import_registry, migrate_database
from services.intake.registry_file import read_registry
from services.intake.settings import IntakeSettings
from shared.contracts.topics import topics_of
from shared.contracts.vocabulary import RegistryReason
from shared.delivery.broker import build_producer
from shared.settings import read_settings
from shared.vault import migrate as migrate_vault
from tests.contracts.builders import Json
from tests.delivery.history import Said, read_all
from tests.intake.builders import headers
from tests.intake.counter import Counter, a_counter
from tests.intake.desk import SAMPLES

PATIENCE = 60.0


@dataclass(frozen=True)
class World:
    """An intake that can be started, killed and written to as stations do."""

    kafka: str
    namespace: str
    service: Service
    producer: AIOKafkaProducer

    async def send(
        self, value: bytes | None, carried: Any = None, *, report_id: UUID, integrator: str = "gendarmerie"
    ) -> None:
        """Hand a record over as an integrator does, and wait for the acknowledgement."""
        named = headers(ce_subject=str(report_id)) if carried is None else carried
        topic, key = f"{self.namespace}.station.reports.{integrator}", str(report_id).encode()
        await self.producer.send_and_wait(topic, value, key, headers=list(named))

    async def heard(self, topic: str, subject: object, many: int = 1) -> list[Said]:
        """What was said about a subject on a topic, once there is that much of it."""
        async with asyncio.timeout(PATIENCE):
            while True:
                every = await read_all(self.kafka, [f"{self.namespace}.{topic}"])
                found = [said for said in every if said.key == str(subject)]
                if len(found) >= many:
                    return found
                await asyncio.sleep(0.2)


@asynccontextmanager
async def an_intake(stack: Stack, mongo: AsyncMongoClient[Any], namespace: str, **own: str) -> AsyncIterator[World]:
    """Topics, databases, the registry, and an intake that runs with settings of its own."""
    settings = {"RELAIS_NAMESPACE": namespace, "RELAIS_ISSUER": "http://127.0.0.1:1", **own}
    await prepare({**stack.settings(), **settings}, mongo, namespace)
    kafka = stack.settings()["RELAIS_KAFKA"]
    service, producer = stack.service("intake", settings), build_producer(kafka)
    async with producer:
        await asyncio.to_thread(service.start)
        yield World(kafka, namespace, service, producer)
        await asyncio.to_thread(service.stop)


@pytest.fixture(scope="module")
async def world(stack: Stack, mongo: AsyncMongoClient[Any], namespace: str) -> AsyncIterator[World]:
    """Intake running."""
    async with an_intake(stack, mongo, namespace) as running:
        yield running


@pytest.fixture(scope="module")
async def doors(mongo: AsyncMongoClient[dict[str, Any]], namespace: str) -> AsyncIterator[Counter]:
    """Intake's HTTP doors in this process, on a database of the module's own."""
    async with a_counter(mongo[f"{namespace}_intake"], mongo[f"{namespace}_vault"]) as counter:
        yield counter


async def prepare(environment: Mapping[str, str], mongo: AsyncMongoClient[Any], namespace: str) -> None:
    """Bring the servers up to this version, as `relais migrate` and `relais samples load` do."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        settings = read_settings(IntakeSettings)
        await migrate_vault(mongo[f"{namespace}_vault"])
        await migrate_database(settings)
        await make_topics(settings, topics_of(("gendarmerie", "police")))
        registry = read_registry(orjson.loads((SAMPLES / "registry.json").read_bytes()))
        await import_registry(settings, registry, RegistryReason.OPENING, None)


def body(said: Said) -> Json:
    """The members of an event."""
    members: Json = orjson.loads(said.value)
    return members
