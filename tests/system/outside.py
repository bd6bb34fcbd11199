"""Relais as it is seen from outside, by people who have its documents and nothing of its code."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

import httpx
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from joserfc import jwe, jws
from joserfc.jwk import ECKey, OKPKey

Json = dict[str, Any]
T = TypeVar("T")
ROOT = Path(__file__).parents[2]
PATIENCE = 60.0


@dataclass
class Outside:
    """The addresses that `python -m deploy.demo keep` prints, and a client for them."""

    places: Mapping[str, str]
    environment: Mapping[str, str]
    client: httpx.AsyncClient
    producer: AIOKafkaProducer
    receipts: list[Json] = field(default_factory=list)

    def token(self, who: str) -> str:
        """An access token, got as the README says."""
        command = [sys.executable, "-m", "deploy.demo", "token", who]
        return subprocess.check_output(command, cwd=ROOT, env=self.environment, text=True).strip()  # noqa: S603

    def secret(self, who: str) -> str:
        """The secret of a client at the local issuer, got as the README says."""
        command = [sys.executable, "-m", "deploy.demo", "secret", who]
        return subprocess.check_output(command, cwd=ROOT, env=self.environment, text=True).strip()  # noqa: S603

    async def ask(self, method: str, service: str, path: str, who: str | None = None, **more: Any) -> httpx.Response:
        """What a door answers, to somebody or to anybody."""
        headers = {**more.pop("headers", {}), **({"authorization": f"Bearer {self.token(who)}"} if who else {})}
        return await self.client.request(method, f"{self.places[service]}{path}", headers=headers, **more)

    def mails(self) -> list[EmailMessage]:
        """Every mail that was accepted so far."""
        return [
            message_from_bytes(path.read_bytes(), policy=policy.default)
            for path in Path(self.places["mails"]).glob("*")
        ]

    async def receipt_of(self, place: Json) -> Json:
        """The receipt that names a record."""
        return await self.until(lambda: next((each for each in self.receipts if each.get("record") == place), None))

    async def until(self, look: Callable[[], T | None]) -> T:
        """What is there as soon as it is there."""
        async with asyncio.timeout(PATIENCE):
            while (found := look()) is None:  # noqa: ASYNC110
                await asyncio.sleep(0.1)
        return found

    async def until_asked(self, look: Callable[[], Awaitable[T | None]]) -> T:
        """The same, for what must be asked for."""
        async with asyncio.timeout(PATIENCE):
            while (found := await look()) is None:  # noqa: ASYNC110
                await asyncio.sleep(0.3)
        return found


@dataclass
class Station:
    """The software of one integrator, written from docs/stations."""

    outside: Outside
    integrator: str = "gendarmerie"
    station: str = "GN-31-0412"

    async def keys(self) -> list[Json]:
        answer = await self.outside.ask("GET", "intake", "/.well-known/jwks.json")
        keys: list[Json] = answer.raise_for_status().json()["keys"]
        return keys

    async def seal(self, content: Json) -> str:
        [key, *_] = [ECKey.import_key(each) for each in await self.keys() if each["use"] == "enc"]
        header = {"alg": "ECDH-ES+A256KW", "enc": "A256GCM", "kid": key.kid}
        return jwe.encrypt_compact(header, json.dumps(content).encode(), key)

    async def report(self, content: Json, **changes: Any) -> Json:
        """The clear part of a new report, its content sealed."""
        taken_at = (datetime.now(UTC) - timedelta(minutes=10)).isoformat(timespec="seconds")
        new = {"report_id": str(uuid4()), "revision": 1, "station": self.station, "taken_at": taken_at}
        return {**new, "urgency": "urgent", "sealed": await self.seal(content), **changes}

    async def send(self, report: Json | bytes | None, headers: Mapping[str, str | None] | None = None) -> Json:
        """Hand a record over, acknowledged by all replicas. Returns its place."""
        report_id = report["report_id"] if isinstance(report, dict) else str(uuid4())
        named: dict[str, str | None] = {
            "ce_specversion": "1.0",
            "ce_type": "station.report-submitted.v1",
            "ce_id": str(uuid4()),
            "ce_source": f"/stations/{self.integrator}/{self.station}",
            "ce_subject": report_id,
            "ce_time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "content-type": "application/json",
            **(headers or {}),
        }
        carried = [(name, text.encode()) for name, text in named.items() if text is not None]
        value = json.dumps(report).encode() if isinstance(report, dict) else report
        topic = f"station.reports.{self.integrator}"
        sent = await self.outside.producer.send_and_wait(topic, value, report_id.encode(), headers=carried)
        return {"topic": topic, "partition": sent.partition, "offset": sent.offset}

    async def check_signature(self, receipt: Json) -> None:
        """Raises where the receipt is not what intake signed. Without RFC 8785: the two values are compared."""
        protected = jws.extract_compact(receipt["jws"].encode()).protected
        [key] = [each for each in await self.keys() if each["use"] == "sig" and each["kid"] == protected["kid"]]
        read = jws.deserialize_compact(receipt["jws"], OKPKey.import_key(key), algorithms=["Ed25519"])
        signed = {name: value for name, value in receipt.items() if name not in ("record", "event_id", "jws")}
        assert json.loads(read.payload) == signed


@asynccontextmanager
async def outside(folder: Path) -> AsyncIterator[Outside]:
    """A house of its own in a folder, kept open as the README says, and ended at the end."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RELAIS_")}
    environment |= {"RELAIS_STATE": str(folder), "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "deploy.demo", "keep"]
    keeper = await asyncio.create_subprocess_exec(
        *command, cwd=ROOT, env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    try:
        places = await _places(keeper)
        async with httpx.AsyncClient(timeout=20) as client, _talking(places["kafka"]) as (producer, consumer):
            here = Outside(places, environment, client, producer)
            listening = asyncio.create_task(_listen(consumer, here.receipts))
            yield here
            listening.cancel()
    finally:
        keeper.terminate()
        await keeper.communicate()
        down = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "deploy.local", "down", cwd=ROOT, env=environment
        )
        await down.wait()


async def _places(keeper: asyncio.subprocess.Process) -> dict[str, str]:
    found: dict[str, str] = {}
    heard: list[str] = []
    assert keeper.stdout is not None
    async with asyncio.timeout(2 * PATIENCE):
        while "log key" not in found:
            line = (await keeper.stdout.readline()).decode()
            assert line, "".join(heard)
            heard.append(line)
            what, _, where = line.strip().partition(": ")
            found[what] = where
    return found


@asynccontextmanager
async def _talking(kafka: str) -> AsyncIterator[tuple[AIOKafkaProducer, AIOKafkaConsumer]]:
    producer = AIOKafkaProducer(bootstrap_servers=kafka, acks="all")
    topics = ("station.receipts.gendarmerie", "station.receipts.police")
    consumer = AIOKafkaConsumer(*topics, bootstrap_servers=kafka, auto_offset_reset="earliest")
    await producer.start()
    await consumer.start()
    try:
        yield producer, consumer
    finally:
        await consumer.stop()
        await producer.stop()


async def _listen(consumer: AIOKafkaConsumer, receipts: list[Json]) -> None:
    async for record in consumer:
        receipts.append(json.loads(record.value))
