"""Exports of the log: what was asked, how far it has come, and the parts that are ready to be handed out."""

import zlib
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from typing import Any, Self
from uuid import UUID

from services.audit.domain.searching import Filter, Turn
from shared.contracts.fields import Block
from shared.contracts.forms import UtcTime
from shared.contracts.vocabulary import Purpose
from shared.delivery.shelf import Database, Shelf

KEPT = timedelta(days=7)
"""Ours: a bundle that nobody has fetched by then is made anew."""


class NoSuchExport(Exception):
    """There is none under this id, or it is somebody else's, or its bundle is not kept any more."""


class NotReady(Exception):
    """The lines are still being collected."""


class Export(Block):
    """Lines that an auditor takes along, and who asked for them. `last` is how far they are collected.

    `trace` is the trace of the request that began it.
    """

    id: UUID
    by: UUID
    consultation_id: UUID
    purpose: Purpose
    asked_at: UtcTime
    filter: Filter
    size: int
    total: int
    balp: bool = False
    last: int = -1
    done: int = 0
    parts: int = 0
    checkpoint: str = ""
    manifest: str | None = None
    due_at: UtcTime | None = None
    trace: str | None = None

    @property
    def turn(self) -> Turn:
        """Where collecting goes on."""
        return Turn(self.size, self.last, self.total)

    def collected(self, indexes: Sequence[int]) -> Self:
        """One part more."""
        moved = {"last": indexes[-1], "done": self.done + len(indexes), "parts": self.parts + 1}
        return self.model_copy(update=moved)

    def under(self, checkpoint: str) -> Self:
        """The checkpoint that goes with it, with the cosignatures of now."""
        return self.model_copy(update={"checkpoint": checkpoint})

    def ready(self, manifest: str) -> Self:
        """All of it is there, and signed for."""
        return self.model_copy(update={"manifest": manifest, "due_at": None})


EXPORTS: Shelf[Export] = Shelf("exports", Export, dates=("due_at",))


class Parts:
    """Text in pieces, of which each is compressed and fits into a document. Keeping one twice changes nothing."""

    def __init__(self, database: Database) -> None:
        self._parts = database["export_parts"]

    async def keep(self, export_id: UUID, name: str, number: int, text: bytes, at: datetime) -> None:
        """Keep a piece of a file."""
        id_ = {"export": str(export_id), "name": name, "number": number}
        content = zlib.compress(text, 1)
        await self._parts.replace_one({"_id": id_}, {"_id": id_, "kept_at": at, "text": content}, upsert=True)

    async def count(self, export_id: UUID, name: str) -> int:
        """How many pieces of a file there are."""
        return await self._parts.count_documents(_pieces(export_id, name))

    async def pieces(self, export_id: UUID, name: str) -> AsyncIterator[bytes]:
        """The pieces of a file, in their order."""
        async for row in self._parts.find(_pieces(export_id, name), sort={"_id": 1}, batch_size=2):
            yield zlib.decompress(row["text"])


def _pieces(export_id: UUID, name: str) -> dict[str, Any]:
    first, behind = ({"export": str(export_id), "name": name, "number": number} for number in (0, 2**31))
    return {"_id": {"$gte": first, "$lt": behind}}
