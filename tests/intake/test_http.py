"""Intake's doors: the published keys, and how a report stands for whoever handed it in."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI
from pymongo import AsyncMongoClient

from services.intake.domain.registry import Integrator
from services.intake.handlers import build_book
from services.intake.http import report_doors
from services.intake.migrations import MIGRATIONS
from services.intake.store import INTEGRATORS
from shared.contracts.ids import authid
from shared.delivery.cause import Cause
from shared.delivery.lanes import Lanes
from shared.delivery.migrations import migrate
from shared.delivery.set_aside import SetAside
from shared.delivery.unit import Work
from shared.vault import migrate as migrate_vault
from shared.vault.sign import sign
from tests.delivery.lane_of_one import Bench
from tests.intake.builders import T0, a_door, a_record, a_report, a_ring
from tests.web.builders import ISSUER, SECRET, FakeIssuer, a_client, a_front, a_token, problem

POLICE, GENDARMERIE = "police", "gendarmerie"


class Doors:
    """Intake's doors on a real database, and software that asks at them."""

    def __init__(self, bench: Bench) -> None:
        self.bench, self.issuer = bench, FakeIssuer()
        self.app: FastAPI = a_front(self.issuer, report_doors(bench.delivery, a_ring()), service="intake")

    async def ask(self, path: str, who: str | None = None, role: str = "integrator") -> httpx.Response:
        headers = {"authorization": f"Bearer {a_token(self.issuer, sub=who, roles=[role])}"} if who else {}
        async with a_client(self.app) as client:
            return await client.get(path, headers=headers)

    async def take(self, body: bytes) -> None:
        await self.bench.lanes().run([a_record(body, offset=uuid4().int % 10**9)])


@pytest.fixture(scope="module")
async def doors(mongo: AsyncMongoClient[dict[str, Any]], namespace: str) -> AsyncIterator[Doors]:
    bench = Bench(mongo[f"{namespace}_intake"], mongo[f"{namespace}_vault"])
    bench.book = build_book(lambda payload: sign(payload, a_ring()))
    bench.door = a_door()  # type: ignore[assignment] # any door does
    await migrate(bench.database, MIGRATIONS)
    await migrate_vault(bench.vault_database)

    def register(work: Work) -> None:
        for code in (POLICE, GENDARMERIE):
            integrator = Integrator(code=code, stations=frozenset(), authid=authid(SECRET, ISSUER, code))
            work.put(INTEGRATORS, code, integrator)

    await bench.delivery.perform(Cause(uuid4(), T0), register)
    yield Doors(bench)
    await bench.vault.close()


async def a_taken_report(doors: Doors) -> UUID:
    """A report of a gendarmerie that may not speak for the station: it is answered, and can be followed."""
    report_id = uuid4()
    await doors.take(a_report(report_id=str(report_id)))
    return report_id


async def test_an_integrator_follows_its_own_report(doors: Doors) -> None:
    report_id = await a_taken_report(doors)
    answer = await doors.ask(f"/v1/reports/{report_id}", GENDARMERIE)
    assert answer.status_code == 200
    assert answer.json() == {
        "report_id": str(report_id),
        "revision": 1,
        "standing": "rejected",
        "received_at": "2026-11-25T08:00:00Z",
    }


@pytest.mark.parametrize("who", [POLICE, "nobody-we-know"])
async def test_a_report_of_others_does_not_exist(doors: Doors, who: str) -> None:
    report_id = await a_taken_report(doors)
    assert problem(await doors.ask(f"/v1/reports/{report_id}", who)) == (404, "not-found")


async def test_a_report_that_never_came_is_not_found(doors: Doors) -> None:
    assert problem(await doors.ask(f"/v1/reports/{uuid4()}", GENDARMERIE)) == (404, "not-found")


async def test_a_social_worker_follows_no_report(doors: Doors) -> None:
    assert problem(await doors.ask(f"/v1/reports/{uuid4()}", GENDARMERIE, role="iscg"))[0] == 403


async def test_nobody_follows_a_report_without_a_token(doors: Doors) -> None:
    assert problem(await doors.ask(f"/v1/reports/{uuid4()}"))[0] == 401


async def test_the_published_keys_are_open_to_all_and_hold_nothing_private(doors: Doors) -> None:
    answer = await doors.ask("/.well-known/jwks.json")
    keys = answer.json()["keys"]
    assert {key["use"] for key in keys} == {"enc", "sig"}
    assert not any("d" in key for key in keys)
    assert answer.headers["cache-control"] == "public, max-age=3600"


async def test_a_report_sealed_for_a_lost_key_is_taken_once_the_key_is_back(doors: Doors) -> None:
    bench, report_id = doors.bench, uuid4()
    lanes = Lanes(bench.delivery, lambda _topic: a_door(a_ring("lost")), bench.book)
    await lanes.run([a_record(a_report(report_id=str(report_id)), offset=7)])
    [row] = await bench.database["set_aside"].find({"state": "set-aside"}).to_list()
    replaying = SetAside(bench.delivery, lambda _topic: a_door(), bench.book)
    assert await replaying.replay(row["_id"]) == "done"
    answer = await doors.ask(f"/v1/reports/{report_id}", GENDARMERIE)
    assert answer.json()["received_at"] == "2026-11-25T08:00:00Z"
