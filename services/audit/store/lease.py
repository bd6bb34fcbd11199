"""Who writes the log now. It spares work only: safety is the head, which moves from the state that was read."""

from datetime import UTC, datetime
from typing import Any

from pymongo.errors import DuplicateKeyError

from shared.delivery.shelf import Database

LEASE_SECONDS = 6.0
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
WRITER = "writer"


class Lease:
    """One document: whose name stands in it writes, until a time by the database's clock."""

    def __init__(self, database: Database, holder: str) -> None:
        self._leases = database["leases"]
        self._holder = holder

    async def take(self) -> bool:
        """Take it, or keep it: whether it is ours for the next seconds."""
        lapsed = {"$lte": [{"$ifNull": ["$until", BEGINNING]}, "$$NOW"]}
        free: dict[str, Any] = {"_id": WRITER, "$expr": {"$or": [{"$eq": ["$holder", self._holder]}, lapsed]}}
        ours = [{"$set": {"holder": self._holder, "until": {"$add": ["$$NOW", round(LEASE_SECONDS * 1000)]}}}]
        if (await self._leases.update_one(free, ours)).matched_count:
            return True
        try:
            await self._leases.update_one({"_id": WRITER, "holder": {"$exists": False}}, ours, upsert=True)
        except DuplicateKeyError:
            return False  # it is there, and somebody else's
        return True

    async def give_up(self) -> None:
        """Let another take it at once."""
        await self._leases.delete_one({"_id": WRITER, "holder": self._holder})
