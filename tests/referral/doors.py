"""Referral's doors on a real database, in this process, and people who come to them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import httpx
from fastapi import FastAPI

from services.referral.changed_posts import ChangedPosts
from services.referral.consultation import Consultations
from services.referral.disclosing import Disclosures
from services.referral.domain.case import Case
from services.referral.domain.emergencies import EmergencyTerms
from services.referral.handlers import on_report_accepted
from services.referral.http import doors
from services.referral.http.posts import Ids
from services.referral.migrations import MIGRATIONS
from services.referral.store import CASES, POSTS
from shared.contracts.events import ReportAccepted
from shared.contracts.ids import authid
from shared.delivery.cause import Cause
from shared.delivery.migrations import migrate
from shared.delivery.shelf import Database, Key, load
from shared.delivery.unit import Work
from shared.vault import migrate as migrate_vault
from shared.vault.links import Codes, Links, Sessions
from shared.web.set_aside import set_aside_doors
from tests.delivery.lane_of_one import Bench
from tests.referral.builders import TERMS, a_digest, a_report, an_iscg
from tests.referral.lane import sealed
from tests.web.builders import ISSUER, SECRET, FakeIssuer, a_client, a_front, a_token

KEYS = (SECRET,)


def id_of(subject: str) -> UUID:
    """By which opaque id somebody signs in."""
    return authid(SECRET, ISSUER, subject)


def iscg_who(subject: str, **members: Any) -> Any:
    """An ISCG who signs in by her own code."""
    return an_iscg(subject, **members).model_copy(update={"authid": id_of(subject)})


class House:
    """Referral's doors, open to whoever has a token of the issuer."""

    def __init__(self, bench: Bench) -> None:
        self.bench, self.delivery, self.issuer = bench, bench.delivery, FakeIssuer()
        disclosures = Disclosures(self.delivery, Links(KEYS), Codes(KEYS), Sessions(KEYS))
        changed = ChangedPosts(_nothing, _nothing)
        routers = doors(
            self.delivery,
            Consultations(self.delivery, EmergencyTerms()),
            disclosures,
            terms=TERMS,
            statistics=_nothing,
            ids=Ids(id_of, a_digest),
            changed_posts=changed,
        )
        self.app: FastAPI = a_front(self.issuer, *routers, set_aside_doors(bench.set_aside), service="referral")

    async def ask(
        self, who: str, role: str, door: str, *, version: int | None = None, json: Any = None, **sent: Any
    ) -> httpx.Response:
        """Come to a door, on a version that is read from the database unless one is given."""
        method, path = door.split()
        token = a_token(self.issuer, sub=who, roles=[role])
        headers = {"authorization": f"Bearer {token}", "idempotency-key": str(uuid4())}
        headers["if-match"] = f'"{await self._version(path) if version is None else version}"'
        async with a_client(self.app) as client:
            return await client.request(method, path, headers=headers | sent.pop("headers", {}), json=json, **sent)

    async def put(self, *rows: tuple[Any, str, Any]) -> None:
        """Have something stand there."""

        def step(work: Work) -> None:
            for shelf, id_, state in rows:
                work.put(shelf, id_, state)

        await self.delivery.perform(Cause(uuid4(), datetime.now(UTC)), step)

    async def report(self, report: ReportAccepted) -> Case:
        """Have a report come in. The case as it stands then."""
        blocks = await sealed(self.bench.vault, report)
        cause = Cause(uuid4(), datetime.now(UTC), str(report.case_id), sealed=blocks)
        await self.delivery.perform(cause, lambda work: on_report_accepted(report, work, TERMS))
        return await self.case(report.case_id)

    async def a_case(self, **changes: Any) -> Case:
        """A new case, received now, somewhere in 31."""
        now = datetime.now(UTC)
        ids: dict[str, Any] = {"case_id": uuid4(), "report_id": uuid4(), "received_at": now}
        return await self.report(a_report(**(ids | changes)))

    async def case(self, case_id: UUID) -> Case:
        """A case as it stands."""
        key = (CASES, str(case_id))
        case: Case = (await load(self.delivery.database, [key]))[key].state
        return case

    async def keys(self) -> set[tuple[str, str]]:
        """For whom there are data keys, by compartment."""
        vault = self.bench.vault_database
        names = ("contact", "file", "access", "set-aside")
        return {(name, owner) for name in names for owner in await vault[name].distinct("keyAltNames")}

    async def _version(self, path: str) -> int:
        [_, _, kind, id_, *_] = [*path.split("?", maxsplit=1)[0].split("/"), "", ""]
        key: Key = (POSTS if kind == "posts" else CASES, id_)
        return (await load(self.delivery.database, [key]))[key].version


@asynccontextmanager
async def open_house(database: Database, vault: Database) -> AsyncIterator[House]:
    """The doors on these databases."""
    bench = Bench(database, vault)
    await migrate(bench.database, MIGRATIONS)
    await migrate_vault(bench.vault_database)
    yield House(bench)
    await bench.delivery.end()
    await bench.vault.close()


async def _nothing(*_: object) -> Any:
    return None
