"""Referral as a process on real servers: reports are put on its topic by hand, and everything it says is read back."""

import asyncio
import os
import signal
import socket
import sys
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid5

import httpx
import orjson
from aiokafka import AIOKafkaProducer

from deploy.local.issuer.config import IssuerConfig
from shared.contracts.event import Event
from shared.contracts.events import ReportAccepted
from shared.contracts.topics import BY_TYPE
from shared.delivery.envelope import Envelope
from shared.vault import Plain, Sealed, Vault
from tests.delivery.history import Said, read_all

PATIENCE = 60.0
"""Longer than a lease: what a stopped process had claimed is free again only when its lease has lapsed."""


@dataclass(frozen=True)
class Heard:
    """One event of referral, its blocks opened."""

    said: Said
    event: Any


@dataclass
class World:
    """What surrounds one referral: servers, keys, an issuer, and what a process of it is told."""

    kafka: str
    namespace: str
    environment: dict[str, str]
    vault: Vault
    issuer: IssuerConfig
    producer: AIOKafkaProducer
    client: httpx.AsyncClient
    sequences: dict[UUID, int] = field(default_factory=dict)

    async def publish(self, report: ReportAccepted) -> None:
        """Say that a report was accepted, as intake does."""
        n = self.sequences[report.case_id] = self.sequences.get(report.case_id, 0) + 1
        envelope = Envelope(
            id=uuid5(report.case_id, f"accepted {n}"),
            type=report.type,
            source="/relais/intake/intake",
            subject=str(report.case_id),
            time=report.received_at,
            sequence=n,
            correlation_id=str(report.case_id),
        )
        headers = [(name, text.encode()) for name, text in envelope.headers().items()]
        body, key = orjson.dumps(report.clear() | await self._sealed(report)), str(report.case_id).encode()
        await self.producer.send_and_wait(f"{self.namespace}.relais.intake", body, key, headers=headers)

    async def hear(
        self, subject: object, topic: str = "relais.cases", until: type[Event] | None = None, many: int = 1
    ) -> list[Heard]:
        """All that was said about a subject on a topic, once so many events of this kind, or any, are there."""
        async with asyncio.timeout(PATIENCE):
            while True:
                said = await read_all(self.kafka, [f"{self.namespace}.{topic}"])
                heard = [await self._heard(each) for each in said if each.key == str(subject)]
                if sum(until is None or isinstance(each.event, until) for each in heard) >= many:
                    return heard
                await asyncio.sleep(0.2)

    async def ask_token(self, client_id: str) -> str:
        """An access token of somebody."""
        [secret] = [each.secret for each in self.issuer.clients if each.client_id == client_id and each.secret]
        secrets = (client_id, secret.get_secret_value())
        form = {"grant_type": "client_credentials"}
        answer = await self.client.post(f"{self.issuer.address}/token", data=form, auth=secrets)
        return str(answer.raise_for_status().json()["access_token"])

    @asynccontextmanager
    async def running(self, **settings: str) -> AsyncIterator["Referral"]:
        """A process of referral, ready; it is asked to end on leaving."""
        referral = await self.start(**settings)
        try:
            await referral.wait_until_ready()
            yield referral
        finally:
            await referral.stop()

    async def start(self, **settings: str) -> "Referral":
        """A process of referral, which may die as soon as it likes."""
        port = a_free_port()
        environment = {**os.environ, **self.environment, "RELAIS_HTTP_PORT": str(port), **settings}
        process = await asyncio.create_subprocess_exec(sys.executable, "-m", "services.referral", env=environment)
        return Referral(process, f"http://127.0.0.1:{port}", self.client)

    async def _sealed(self, report: ReportAccepted) -> dict[str, str]:
        marks, blocks = report.sealed_members(), report.blocks()
        plain = [Plain(marks[name], str(report.case_id), block) for name, block in blocks.items()]
        return {
            name: b64encode(each).decode() for name, each in zip(blocks, await self.vault.seal_many(plain), strict=True)
        }

    async def _heard(self, said: Said) -> Heard:
        kind, members = BY_TYPE[said.headers["ce_type"]], orjson.loads(said.value)
        opened = {
            name: await self.vault.open(Sealed(compartment, said.headers["ce_subject"], b64decode(members[name])))
            for name, compartment in kind.sealed_members().items()
            if name in members
        }
        return Heard(said, kind.read(members, opened))


@dataclass
class Referral:
    """One process of referral."""

    process: asyncio.subprocess.Process
    address: str
    client: httpx.AsyncClient

    async def wait_until_ready(self) -> None:
        """Until it consumes and its database answers."""
        async with asyncio.timeout(PATIENCE):
            while not await self._is_ready():
                assert self.process.returncode is None, "referral has ended"
                await asyncio.sleep(0.1)

    async def stop(self) -> None:
        """Ask it to end, and see that it does so in order."""
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(PATIENCE):
            assert await self.process.wait() == 0

    async def _is_ready(self) -> bool:
        try:
            return (await self.client.get(f"{self.address}/readyz")).status_code == 200
        except httpx.TransportError:
            return False


def a_free_port() -> int:
    """A port that nobody listens at."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port
