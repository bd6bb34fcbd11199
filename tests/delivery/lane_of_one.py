"""One lane on a real MongoDB, with a producer that only remembers: for trying what a lane saves and sends."""

import asyncio
from base64 import b64decode
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import orjson
from pydantic import SecretBytes

from shared.contracts.topics import BY_TYPE
from shared.delivery.arrival import Door
from shared.delivery.clock import SystemClock
from shared.delivery.crash import CrashPoints
from shared.delivery.delivery import Delivery
from shared.delivery.fence import Fence
from shared.delivery.lanes import Lanes
from shared.delivery.migrations import ENGINE, migrate
from shared.delivery.outbox import Outbox
from shared.delivery.publisher import Acknowledgement, Row
from shared.delivery.record import Record
from shared.delivery.relais_door import RelaisDoor
from shared.delivery.set_aside import SetAside
from shared.delivery.shelf import Database
from shared.vault import Sealed, Vault, new_master
from shared.vault import migrate as migrate_vault
from shared.watch.traces import start_tracing
from tests.delivery.toy import toy_book

LEFT_OUT = ("sealed", "since", "sent_at", "at")
COLLECTIONS = ("inbox", "outbox", "unsent", "set_aside", "streams", "days", "tallies")


@dataclass
class Remembering:
    """A producer whose broker acknowledges everything at once, or nothing."""

    sent: list[tuple[str, str, str]] = field(default_factory=list)
    is_up: bool = True

    async def hand_over(self, rows: Sequence[Row]) -> AsyncIterator[tuple[Acknowledgement, Sequence[Row]]]:
        acknowledged: Acknowledgement = asyncio.get_running_loop().create_future()
        if self.is_up:
            self.sent += [(row["topic"], row["subject"], _what(row["headers"])) for row in rows]
            acknowledged.set_result(None)
        else:
            acknowledged.set_exception(OSError("the broker is away"))
        yield acknowledged, rows


class Bench:
    """A toy service that can be wiped and tried again."""

    def __init__(self, database: Database, vault_database: Database) -> None:
        masters = {name: SecretBytes(new_master()) for name in ("contact", "file", "set-aside", "access")}
        self.database = database
        self.vault_database = vault_database
        self.vault = Vault(vault_database, masters)  # type: ignore[arg-type] # a dict of literals, widened
        self.producer = Remembering()
        outbox = Outbox(database, self.producer, CrashPoints())
        self.delivery = Delivery(
            "referral", database, self.vault, outbox, SystemClock(), start_tracing("referral", "test")
        )
        self.book = toy_book()
        self.door: Door = Fence(RelaisDoor(self.book, self.vault))
        self.set_aside = SetAside(self.delivery, lambda _topic: self.door, self.book)

    async def prepare(self) -> None:
        await migrate(self.database, [ENGINE])
        await migrate_vault(self.vault_database)
        await self.database.create_collection("tallies")

    async def wipe(self, names: Iterable[str] = COLLECTIONS) -> None:
        """Begin anew, as a process on an empty database."""
        for name in names:
            await self.database[name].delete_many({})
        self.delivery.inbox.passed.clear()
        self.delivery.sent_up_to.clear()
        self.producer.sent.clear()

    def lanes(self) -> Lanes:
        """The lanes of a process that has just begun."""
        return Lanes(self.delivery, lambda _topic: self.door, self.book)

    async def run(self, batches: Iterable[Sequence[Record]]) -> None:
        lanes = self.lanes()
        for batch in batches:
            await lanes.run(batch)
        await self.set_aside.release_all()

    def mend(self) -> None:
        """Deploy a toy that stomachs every station."""
        self.book.pages.update(toy_book(is_mended=True).pages)

    def spoil(self) -> None:
        """Deploy the toy as it was, with the station that it can't stomach."""
        self.book.pages.update(toy_book().pages)

    async def rows(self, **which: object) -> list[dict[str, Any]]:
        """The set-aside rows of a state, in the order of their records."""
        return await self.database["set_aside"].find(which).sort("place.offset").to_list()

    async def reports_of(self, case: UUID) -> int:
        """How many reports of a case the toy has counted."""
        tally = await self.database["tallies"].find_one({"_id": str(case)})
        return len(tally["reports"]) if tally else 0

    async def everything(self) -> dict[str, Any]:
        """All that is saved and sent, opened, without what a clock or chance put in."""
        kept = {name: [_bare(row) async for row in self.database[name].find().sort("_id")] for name in COLLECTIONS}
        outbox = sorted(kept["outbox"], key=lambda row: str(row["headers"]["ce_id"]))
        kept["outbox"] = [await self._opened(row) for row in outbox]
        return kept | {"sent": self._sent_by_key()}

    def _sent_by_key(self) -> dict[str, list[str]]:
        keys: dict[str, list[str]] = {}
        for topic, key, what in self.producer.sent:
            keys.setdefault(f"{topic} {key}", []).append(what)
        return keys

    async def _opened(self, row: dict[str, Any]) -> dict[str, Any]:
        body = orjson.loads(row.pop("bytes"))
        row["headers"].pop("traceparent", None)
        for name, compartment in BY_TYPE[row["headers"]["ce_type"]].sealed_members().items():
            if name in body:
                opened = await self.vault.open(Sealed(compartment, row["subject"], b64decode(body[name])))
                body[name] = orjson.loads(opened)
        del row["_id"]
        return row | {"body": body}


def _what(headers: Mapping[str, str]) -> str:
    return f"{headers['ce_type']} {headers['ce_sequence']} {headers['ce_id']}"


def _bare(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in LEFT_OUT}
