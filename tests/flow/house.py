"""The whole house on the run's servers: four services, an issuer, and one who sends reports and looks from outside."""

import asyncio
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import orjson
from aiokafka import AIOKafkaProducer
from aiokafka.structs import RecordMetadata
from joserfc.jwk import KeySetSerialization
from pymongo import AsyncMongoClient

from deploy.local.issuing import LocalIssuer
from deploy.local.services import Service
from deploy.local.stack import Stack
from deploy.samples.desk import Desk, Sample
from deploy.samples.people import a_consent, a_content
from tests.delivery.history import Said, read_all

PATIENCE = 60.0
TOPICS = (
    "station.receipts.police",
    "station.receipts.gendarmerie",
    "relais.intake",
    "relais.cases",
    "relais.standing",
    "relais.notifications",
    "relais.access",
    "relais.audit",
)


@dataclass
class House:
    """Four services at work, seen from outside."""

    kafka: str
    namespace: str
    stack: Stack
    issuer: LocalIssuer
    services: dict[str, Service]
    producer: AIOKafkaProducer
    mongo: AsyncMongoClient[dict[str, Any]]
    client: httpx.AsyncClient
    traces: Path
    environment: dict[str, str]
    salt: UUID = field(default_factory=uuid4)

    async def desk(self, salt: UUID | None = None) -> Desk:
        """A station's software, with the keys that intake publishes now."""
        return Desk(await self.published(), salt or self.salt, datetime.now(UTC))

    async def published(self) -> KeySetSerialization:
        """The keys that intake publishes now."""
        answer = await self.client.get(f"{self.services['intake'].address}/.well-known/jwks.json")
        found: KeySetSerialization = answer.raise_for_status().json()
        return found

    async def a_sample(
        self, name: str, family: str = "Canari-007", station: str = "GN-31-0412", urgency: str = "urgent"
    ) -> Sample:
        """A good report of a person who agreed to be called, and to a partner."""
        desk = await self.desk()
        content = a_content(7, desk.now, a_consent("given", "cidff"))
        content["persons"][0]["name"]["family"] = family
        return desk.report(name, station, content, urgency=urgency, test=False)

    async def send(self, sample: Sample) -> RecordMetadata:
        """Hand a record over, and wait for the broker's acknowledgement."""
        topic = f"{self.namespace}.station.reports.{sample.integrator}"
        headers = list(sample.headers)
        done: RecordMetadata = await self.producer.send_and_wait(topic, sample.value, sample.key, headers=headers)
        return done

    async def history(self, topics: Sequence[str] = TOPICS) -> list[Said]:
        """Everything that was said on these topics."""
        found = await read_all(self.kafka, [f"{self.namespace}.{topic}" for topic in topics])
        cut = len(self.namespace) + 1
        return [Said(s.topic[cut:], s.partition, s.offset, s.key, s.headers, s.value) for s in found]

    async def heard(self, type_: str, key: str, many: int = 1) -> list[Said]:
        """Events of a type about a subject, once there are so many. Where none come: whether a service has ended."""
        try:
            async with asyncio.timeout(PATIENCE):
                while True:
                    found = [s for s in await self.history() if s.key == key and s.headers["ce_type"] == type_]
                    if len(found) >= many:
                        return found
                    await asyncio.sleep(0.2)
        except TimeoutError:
            self.check_alive()
            raise

    async def set_aside(self, record: RecordMetadata, by: str = "intake") -> str:
        """The id of the row in which a service has set this record aside, once it has."""
        address, who = f"{self.services[by].address}/v1/set-aside", await self.token("operator-1")
        topic = record.topic.removeprefix(f"{self.namespace}.")
        place = {"topic": topic, "partition": record.partition, "offset": record.offset}
        async with asyncio.timeout(PATIENCE):
            while True:
                rows = (await self.client.get(address, headers=who)).json()
                if found := [row["_id"] for row in rows if row["place"] == place]:
                    return str(found[0])
                await asyncio.sleep(0.2)

    def check_alive(self) -> None:
        """Raise `StackTrouble`, with the end of its log, where a service has ended by itself."""
        for service in self.services.values():
            service.process.check_alive()

    async def token(self, client_id: str) -> dict[str, str]:
        """The header with which somebody signs in."""
        secrets = {each.client_id: each.secret for each in self.issuer.config.clients}
        secret = secrets[client_id]
        assert secret is not None
        form, who = {"grant_type": "client_credentials"}, (client_id, secret.get_secret_value())
        answer = await self.client.post(f"{self.issuer.address}/token", data=form, auth=who)
        return {"authorization": f"Bearer {answer.raise_for_status().json()['access_token']}"}

    def mails(self) -> list[str]:
        """Every mail that stands in the mailbox."""
        return [path.read_text() for path in sorted((self.stack.folder / "smtp" / "mail" / "new").iterdir())]

    def texts(self) -> list[dict[str, str]]:
        """Every SMS that the gateway took."""
        return [json.loads(path.read_text("utf-8")) for path in self.stack.sms.taken.glob("*.json")]

    def logs(self) -> str:
        """All that the services have logged."""
        return "".join(service.process.log.read_text() for service in self.services.values())


def members(said: Said) -> dict[str, Any]:
    """The members of an event that stand in clear."""
    found: dict[str, Any] = orjson.loads(said.value)
    return found


async def run_command(environment: dict[str, str], *words: str) -> None:
    """`relais …`, as an operator types it."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "cli", *words, env=environment, stdout=asyncio.subprocess.DEVNULL
    )
    assert await process.wait() == 0
