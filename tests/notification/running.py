"""Notification as a process on real servers: events are put on its topic by hand, its mails and events read back."""

import asyncio
import os
import signal
import socket
import sys
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import httpx
import orjson
import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from pymongo import AsyncMongoClient

from services.notification.commands import migrate_database
from services.notification.settings import NotificationSettings
from shared.contracts.event import Event
from shared.contracts.topics import BY_TYPE, RELAIS_TOPICS
from shared.delivery.broker import build_producer
from shared.delivery.envelope import Envelope
from shared.delivery.shelf import Database
from shared.settings import read_settings
from shared.vault import MasterFiles, Plain, Vault, new_master
from shared.vault import migrate as migrate_vault
from tests.delivery.history import read_all
from tests.notification.sink import PATIENCE, Sink

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@dataclass
class World:
    """What surrounds one notification: servers, keys, and what a process of it is told."""

    kafka: str
    namespace: str
    environment: dict[str, str]
    vault: Vault
    database: Database
    producer: AIOKafkaProducer
    sink: Sink
    client: httpx.AsyncClient
    sequences: dict[UUID, int] = field(default_factory=dict)

    async def publish(self, event: Event, case_id: UUID) -> Envelope:
        """Say a fact of a case, as referral does."""
        n = self.sequences[case_id] = self.sequences.get(case_id, 0) + 1
        envelope = Envelope(
            id=uuid5(case_id, f"said {n}"),
            type=event.type,
            source="/relais/referral/cases",
            subject=str(case_id),
            time=datetime.now(UTC),
            sequence=n,
            correlation_id=str(case_id),
            traceparent=TRACE,
        )
        await self.publish_again(event, envelope)
        return envelope

    async def publish_again(self, event: Event, envelope: Envelope) -> None:
        """Put an event on the topic under an envelope that may have been there before."""
        headers = [(name, text.encode()) for name, text in envelope.headers().items()]
        body = orjson.dumps(event.clear() | await self._sealed(event, envelope.subject))
        await self.producer.send_and_wait(
            f"{self.namespace}.relais.cases", body, envelope.subject.encode(), headers=headers
        )

    async def hear(self, case_id: UUID, count: int = 1) -> list[Any]:
        """What notification has said about a case, once it is as much as this."""
        async with asyncio.timeout(PATIENCE):
            while True:
                said = await read_all(self.kafka, [f"{self.namespace}.relais.notifications"])
                of_case = [each for each in said if each.key == str(case_id)]
                if len(of_case) >= count:
                    return [BY_TYPE[each.headers["ce_type"]].read(orjson.loads(each.value)) for each in of_case]
                await asyncio.sleep(0.2)

    async def notice(self, case_id: UUID, state: str) -> dict[str, Any]:
        """The one notice of a case, once it stands so."""
        async with asyncio.timeout(PATIENCE):
            while True:
                found = await self.database["notices"].find_one({"case_id": str(case_id), "state": state})
                if found:
                    return found
                await asyncio.sleep(0.05)

    @asynccontextmanager
    async def running(self, **settings: str) -> AsyncIterator[asyncio.subprocess.Process]:
        """A process of notification, ready; on leaving it is asked to end, and must do so in order."""
        port = a_free_port()
        process = await self.start(RELAIS_HTTP_PORT=str(port), **settings)
        try:
            await self._wait_until_ready(process, f"http://127.0.0.1:{port}/readyz")
            yield process
        finally:
            if process.returncode is None:
                process.send_signal(signal.SIGTERM)
            async with asyncio.timeout(PATIENCE):
                assert await process.wait() == 0

    async def start(self, **settings: str) -> asyncio.subprocess.Process:
        """A process of notification, which may die as soon as it likes."""
        environment = {**os.environ, **self.environment, "RELAIS_HTTP_PORT": "0", **settings}
        return await asyncio.create_subprocess_exec(sys.executable, "-m", "services.notification", env=environment)

    async def _wait_until_ready(self, process: asyncio.subprocess.Process, url: str) -> None:
        async with asyncio.timeout(PATIENCE):
            while process.returncode is None:
                try:
                    if (await self.client.get(url)).status_code == 200:
                        return
                except httpx.TransportError:
                    pass
                await asyncio.sleep(0.1)
        raise AssertionError("notification has ended")

    async def _sealed(self, event: Event, case_id: str) -> dict[str, str]:
        marks, blocks = event.sealed_members(), event.blocks()
        sealed = await self.vault.seal_many([Plain(marks[name], case_id, block) for name, block in blocks.items()])
        return {name: b64encode(each).decode() for name, each in zip(blocks, sealed, strict=True)}


def a_free_port() -> int:
    """A port that nobody listens at."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


@asynccontextmanager
async def a_world(
    kafka: str, mongo_url: str, mongo: AsyncMongoClient[Any], namespace: str, *, folder: Path, sink: Sink
) -> AsyncIterator[World]:
    """Topics, databases, keys; the mail server is not open yet."""
    environment = {
        "RELAIS_KAFKA": kafka,
        "RELAIS_MONGO": mongo_url,
        "RELAIS_NAMESPACE": namespace,
        "RELAIS_SMTP": f"127.0.0.1:{sink.port}",
        **an_environment(folder),
    }
    await make_topics(kafka, namespace)
    await migrate_vault(mongo[f"{namespace}_vault"])
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        await migrate_database(read_settings(NotificationSettings))
        vault = Vault(mongo[f"{namespace}_vault"], MasterFiles().read(("contact",)))
    producer = build_producer(kafka)
    await producer.start()
    async with httpx.AsyncClient() as client:
        database = mongo[f"{namespace}_notification"]
        yield World(kafka, namespace, environment, vault, database, producer, sink, client)
    await producer.stop()
    await vault.close()


def an_environment(folder: Path) -> dict[str, str]:
    """The settings of a notification process, its master keys in files; it loses patience soon."""
    environment = {
        "RELAIS_ISSUER": "https://issuer.invalid",
        "RELAIS_AUTHID_SECRET": "s" * 32,
        "RELAIS_LINK_SECRETS": "l" * 32,
        "RELAIS_CODE_SECRETS": "c" * 32,
        "RELAIS_METRICS_PORT": "0",
        "RELAIS_INSTANCE": "notification-test",
        "RELAIS_LINK_BASE": "https://relais.example",
        "RELAIS_SMTP_TIMEOUT": "2",
        "RELAIS_NOTICE_RETRY": "1",
    }
    for name in ("CONTACT", "SET_ASIDE"):
        path = folder / name.lower()
        path.write_bytes(new_master())
        environment[f"RELAIS_MASTER_{name}_FILE"] = str(path)
    return environment


async def make_topics(kafka: str, namespace: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(f"{namespace}.{topic.name}", 2, 1) for topic in RELAIS_TOPICS])
    finally:
        await admin.close()
