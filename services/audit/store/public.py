"""The log as auditors fetch it: the newest checkpoint, tiles, and bundles of lines."""

from asyncio import gather
from collections.abc import Sequence

from services.audit.domain.merkle import OutsideTree
from services.audit.domain.tiles import Tile, bundle
from services.audit.store.cosignatures import Cosignatures
from services.audit.store.documents import HEAD, tile_id
from shared.delivery.shelf import Database


class PublicLog:
    """Serves what a signed checkpoint covers, and nothing beyond. Raises `OutsideTree` for anything else."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._cosignatures = Cosignatures(database)
        self._edge: dict[int, tuple[int, list[bytes]]] = {}

    async def checkpoint(self) -> str:
        """The newest signed checkpoint."""
        return (await self.signed())[0]

    async def signed(self, size: int | None = None) -> tuple[str, int]:
        """The checkpoint over so many lines, or the newest, with what witnesses have signed of it; and its size."""
        note, size = await self.signed_alone(size)
        return note + "".join(f"{line}\n" for line in await self._cosignatures.of(size)), size

    async def signed_alone(self, size: int | None = None) -> tuple[str, int]:
        """The same with our signature only."""
        which = {} if size is None else {"_id": size}
        document = await self._database["checkpoints"].find_one(which, sort={"_id": -1})
        if document is None:
            raise OutsideTree
        return document["note"], document["_id"]

    async def hashes(self, tile: Tile) -> bytes:
        """The hashes of a tile, one after the other. Of one that is not full nothing is stored: it is put together."""
        await self._check_covered(tile)
        return (await self.tiles([tile]))[tile]

    async def tiles(self, tiles: Sequence[Tile]) -> dict[Tile, bytes]:
        """The hashes of several tiles of a log that has them, all asked for at once."""
        full, rest = [each for each in tiles if each.is_full], [each for each in tiles if not each.is_full]
        stored, parts = await gather(self._full(full), gather(*map(self._partial, rest)))
        if len(stored) != len(full):
            raise OutsideTree
        return {**stored, **dict(zip(rest, parts, strict=True))}

    async def _full(self, tiles: Sequence[Tile]) -> dict[Tile, bytes]:
        ids = {(tile.level, tile.index): tile for tile in tiles}
        if not ids:
            return {}
        which = {"_id": {"$in": [tile_id(*each) for each in ids]}}
        found = self._database["tiles"].find(which, {"hashes": True})
        return {ids[row["_id"]["level"], row["_id"]["index"]]: row["hashes"] async for row in found}

    async def _partial(self, tile: Tile) -> bytes:
        """Most ask for the log's right edge: what was read of it stays true, and only what has come since is read."""
        index, row = self._edge.get(tile.level, (tile.index, []))
        if index != tile.index:
            row = []
        if len(row) < tile.width:
            row = row + await self._slots(tile, tile.start + len(row))
            self._edge[tile.level] = tile.index, row
        return b"".join(row[: tile.width])

    async def _slots(self, tile: Tile, start: int) -> list[bytes]:
        end = tile.start + tile.width
        if tile.level == 0:
            found = await self._members("entries", "leaf_hash", start, end)
        else:
            below = tile.level - 1
            found = await self._members("tiles", "root", tile_id(below, start), tile_id(below, end))
        _complete(found, end - start)
        return found

    async def entries(self, tile: Tile) -> bytes:
        """The lines of a tile of the lowest level, as a bundle."""
        await self._check_covered(tile)
        leaves = await self._members("entries", "leaf", tile.start, tile.start + tile.width)
        _complete(leaves, tile.width)
        return bundle(leaves)

    async def _members(self, collection: str, member: str, start: object, end: object) -> list[bytes]:
        which = {"_id": {"$gte": start, "$lt": end}}
        found = await self._database[collection].find(which, {member: True}, sort={"_id": 1}).to_list()
        return [document[member] for document in found]

    async def _check_covered(self, tile: Tile) -> None:
        head = await self._database["head"].find_one({"_id": HEAD}, {"size": True})
        if head is None or not tile.is_within(head["size"]):
            raise OutsideTree


def _complete(parts: list[bytes], count: int) -> bytes:
    """What is missing from the database must not be served as if it had never been."""
    if len(parts) != count:
        raise OutsideTree
    return b"".join(parts)
