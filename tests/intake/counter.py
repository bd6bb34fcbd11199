"""Intake's HTTP doors on a real database, and vendors' software that comes to them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID, uuid4, uuid5

import httpx
import orjson
from fastapi import FastAPI

from services.intake.domain.registry import Integrator, Station
from services.intake.door import Identifying
from services.intake.handlers import build_book
from services.intake.http.doors import report_doors
from services.intake.migrations import MIGRATIONS
from services.intake.store import INTEGRATORS, STATIONS
from shared.contracts.ids import NAMESPACE, authid
from shared.delivery.cause import Cause
from shared.delivery.migrations import migrate
from shared.delivery.shelf import Database
from shared.delivery.unit import Work
from shared.vault import migrate as migrate_vault
from tests.contracts.builders import Change, Json, a_clear_part, a_content
from tests.delivery.lane_of_one import Bench
from tests.intake.builders import STATION, T0, a_door, a_reception, a_record, a_ring
from tests.intake.desk import REGISTRY
from tests.web.builders import ISSUER, SECRET, FakeIssuer, a_client, a_front, a_token

POLICE, GENDARMERIE = "police", "gendarmerie"


class Counter:
    """Intake's doors, open to whoever has a token of the issuer."""

    def __init__(self, bench: Bench) -> None:
        self.bench, self.issuer = bench, FakeIssuer()
        identifying = Identifying(b"c" * 32, b"f" * 32, b"p" * 32, lambda code: uuid5(NAMESPACE, code))
        routers = report_doors(bench.delivery, a_ring(), identifying, a_reception())
        self.app: FastAPI = a_front(self.issuer, *routers, service="intake")

    def token(self, who: str, role: str = "integrator") -> str:
        return f"Bearer {a_token(self.issuer, sub=who, roles=[role])}"

    async def ask(self, path: str, who: str | None = None, role: str = "integrator") -> httpx.Response:
        headers = {"authorization": self.token(who, role)} if who else {}
        async with a_client(self.app) as client:
            return await client.get(path, headers=headers)

    async def hand_in(
        self, body: bytes, headers: dict[str, str] | None = None, *, path: str = "/v1/reports", who: str = GENDARMERIE
    ) -> httpx.Response:
        """Send a body as a CloudEvent in binary mode, or with headers of one's own."""
        sent = {"authorization": self.token(who), **(event_headers() if headers is None else headers)}
        async with a_client(self.app) as client:
            return await client.post(path, content=body, headers=sent)

    async def take(self, body: bytes) -> None:
        """Let a record come through the Kafka door."""
        await self.bench.lanes().run([a_record(body, offset=uuid4().int % 10**9)])

    async def said(self, report_id: UUID) -> list[str]:
        """The types of what is in the outbox about a report, in the order of saying."""
        rows = self.bench.database["outbox"].find({"aggregate": f"reports/{GENDARMERIE}/{report_id}"})
        return [row["headers"]["ce_type"] async for row in rows.sort([("rev", 1), ("i", 1)])]


@asynccontextmanager
async def a_counter(database: Database, vault: Database) -> AsyncIterator[Counter]:
    """The doors on these databases, with the registry of the samples."""
    bench = Bench(database, vault)
    bench.book = build_book(a_reception())
    bench.door = a_door()
    await migrate(bench.database, MIGRATIONS)
    await migrate_vault(bench.vault_database)
    await bench.delivery.perform(Cause(uuid4(), T0), _register)
    yield Counter(bench)
    await bench.delivery.end()
    await bench.vault.close()


def _register(work: Work) -> None:
    for each in REGISTRY["integrators"]:
        integrator = Integrator(**each, authid=authid(SECRET, ISSUER, each["code"]))
        work.put(INTEGRATORS, integrator.code, integrator)
    for each in REGISTRY["stations"]:
        work.put(STATIONS, each["code"], Station(**each))


def attributes(**changes: Any) -> Json:
    """The attributes of a report as a CloudEvent; one that is changed to `None` is left out."""
    named = {
        "specversion": "1.0",
        "type": "station.report-submitted.v1",
        "id": str(uuid4()),
        "source": f"/stations/gendarmerie/{STATION}",
    } | changes
    return {name: value for name, value in named.items() if value is not None}


def event_headers(**changes: Any) -> dict[str, str]:
    """The same as headers, for binary mode."""
    return {"content-type": "application/json"} | {f"ce-{k}": v for k, v in attributes(**changes).items()}


def a_clear_report(*changes: Change, **clear: Any) -> Json:
    """A report whose content stands in clear, under an id of its own."""
    members = a_clear_part(report_id=str(uuid4()), station=STATION) | {"content": a_content(*changes)} | clear
    del members["sealed"]
    return {name: value for name, value in members.items() if value is not None}


def an_event(data: Any, **changes: Any) -> Json:
    """The same as one JSON object, for structured mode and batches."""
    return attributes(**changes) | {"datacontenttype": "application/json", "data": data}


def typed(content_type: str) -> dict[str, str]:
    return {"content-type": content_type}


def codes(answer: httpx.Response) -> set[tuple[str, str]]:
    """Place and code of each fault of a problem."""
    return {(each.get("pointer") or each.get("attribute") or "", each["code"]) for each in answer.json()["faults"]}


def dumped(json: Any) -> bytes:
    return orjson.dumps(json)
