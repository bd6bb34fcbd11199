"""The law of access at the log: a consultation and an export are good for whoever opened them, as long as they last."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import httpx

from services.audit.http import export_router, log_router, proof_router, search_router
from services.audit.store.consultations import CONSULTATIONS, Consultation
from shared.contracts.ids import authid
from shared.contracts.vocabulary import Purpose
from shared.delivery.cause import Cause
from shared.delivery.crash import CrashPoints
from shared.web.roles import find_door
from tests.audit.bench import Bench
from tests.audit.doors import consultation, open_doors
from tests.audit.test_doors import a_log_of
from tests.web.builders import ISSUER, SECRET, FakeIssuer, a_front, a_token
from tests.web.objects import objects_of
from tests.web.requests import Name, Route, Schema, routes_of

MINE, ANOTHER = "auditor-a", "auditor-b"
Objects = Mapping[str, list[str]]
"""By what they are: those that the caller has, or may not name."""


def a_visitor(url: str, issuer: FakeIssuer, who: str) -> httpx.AsyncClient:
    token = a_token(issuer, sub=who, roles=["log-auditor"])
    return httpx.AsyncClient(base_url=url, headers={"authorization": f"Bearer {token}"})


async def an_old_consultation(bench: Bench) -> str:
    """One of the caller's own, whose time is over."""
    at, id_ = datetime.now(UTC) - timedelta(hours=9), uuid4()
    by = authid(SECRET, ISSUER, MINE)
    old = Consultation(id=id_, by=by, purpose=Purpose.AUDIT, opened_at=at, justification="c2VhbGVk")
    delivery = bench.delivery(CrashPoints())
    await delivery.perform(Cause(uuid4(), at), lambda work: work.put(CONSULTATIONS, id_, old))
    await delivery.end()
    await delivery.vault.close()
    return str(id_)


async def an_export(visitor: httpx.AsyncClient, under: str) -> str:
    answer = await visitor.post("/v1/exports", json={"consultation_id": under, "filter": {}})
    assert answer.status_code == 202, answer.text
    return str(answer.json()["export_id"])


async def come(visitor: httpx.AsyncClient, route: Route, objects: Objects, named: Name, value: str) -> httpx.Response:
    named_there = objects_of(route)

    def fill(name: Name, _schema: Schema) -> str:
        if name == named:
            return value
        words = {"path": "000.p/1" if "entries" in route.path else "0/000.p/1"}
        return objects[named_there[name]][0] if name in named_there else words.get(name[-1], "words enough to be read")

    path, query, body = route.request(fill, named=[named])
    return await visitor.request(route.method, path, params=query, json=body)


async def kept(bench: Bench) -> Mapping[str, int]:
    """How much is kept of what auditors do."""
    return {name: await bench.database[name].count_documents({}) for name in ("consultations", "exports", "outbox")}


async def test_no_auditor_reads_under_what_is_another_ones_or_over(bench: Bench) -> None:
    await a_log_of(bench, 3)
    old, issuer, tried = await an_old_consultation(bench), FakeIssuer(), 0
    async with open_doors(bench, issuer) as url, a_visitor(url, issuer, MINE) as mine:
        async with a_visitor(url, issuer, ANOTHER) as another:
            own, others = (await consultation(mine))["consultation"], (await consultation(another))["consultation"]
            exports = await an_export(mine, own), await an_export(another, others)
        owns: Objects = {"consultation": [own], "export": [exports[0]]}
        foreign: Objects = {"consultation": [others, old, str(uuid4())], "export": [exports[1], str(uuid4())]}
        before = await kept(bench)
        for route in routes():
            for name, object_ in objects_of(route).items():
                for value in foreign.get(object_, ()):
                    answer = await come(mine, route, owns, name, value)
                    assert answer.status_code in {403, 404}, (route.method, route.path, object_, answer.text)
                    assert await kept(bench) == before, (route.method, route.path, object_)
                    tried += 1
                if object_ in owns:
                    answer = await come(mine, route, owns, name, owns[object_][0])
                    assert answer.is_success or answer.status_code == 409, (route.path, answer.text)
                    before = await kept(bench)
    assert tried > 15, tried


def routes() -> list[Route]:
    """Every door of the log that auditors have."""
    nobody = UUID(int=0)
    of_lines = log_router(nobody, nobody), proof_router(nobody, nobody)  # type: ignore[arg-type] # shapes only
    others = search_router(nobody, nobody), export_router(nobody)  # type: ignore[arg-type] # shapes only
    found = routes_of(a_front(FakeIssuer(), *of_lines, *others, service="audit"))
    assert all(find_door("audit", each.method, each.path) or "{path}" in each.path for each in found)
    return found
