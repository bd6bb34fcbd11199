"""What witnesses have signed of the log, beside the checkpoints that they saw."""

from services.audit.domain.witness import Witness
from shared.delivery.shelf import Database


class Cosignatures:
    """A line a checkpoint and witness."""

    def __init__(self, database: Database) -> None:
        self._lines = database["cosignatures"]

    async def keep(self, size: int, witness: Witness, line: str) -> None:
        """Keep the newest line of this witness about this size."""
        id_ = {"size": size, "witness": witness.name}
        await self._lines.replace_one({"_id": id_}, {"_id": id_, "line": line}, upsert=True)

    async def of(self, size: int) -> list[str]:
        """The lines about this size, by witness."""
        which = {"_id": {"$gte": {"size": size, "witness": ""}, "$lt": {"size": size + 1, "witness": ""}}}
        return [row["line"] for row in await self._lines.find(which, sort={"_id": 1}).to_list()]

    async def largest(self, size: int) -> int | None:
        """The largest size up to this one that any witness has signed."""
        found = await self._lines.find_one({"_id": {"$lt": {"size": size + 1, "witness": ""}}}, sort={"_id": -1})
        return found["_id"]["size"] if found else None

    async def newest(self, witness: Witness) -> int:
        """The size that this witness has seen last, as far as we know; 0 for none."""
        found = await self._lines.find_one({"_id.witness": witness.name}, sort={"_id": -1})
        size: int = found["_id"]["size"] if found else 0
        return size
