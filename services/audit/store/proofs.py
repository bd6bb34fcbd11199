"""Proofs, put together from tiles: that a line stands in the log, and that the log only grew."""

from collections.abc import Callable, Sequence

from services.audit.domain.edge import tile_nodes
from services.audit.domain.merkle import EMPTY_ROOT, Nodes, OutsideTree, consistency_proof, inclusion_proof
from services.audit.domain.proof import Proof
from services.audit.domain.tiles import HEIGHT, WIDTH, Tile
from services.audit.store.public import PublicLog

Path = Callable[[Nodes], list[bytes]]


class Proofs:
    """Proves what a signed checkpoint covers. Raises `OutsideTree` for anything else."""

    def __init__(self, log: PublicLog) -> None:
        self.log = log

    async def inclusion(self, index: int, size: int | None = None) -> Proof:
        """That a line stands in the log of this size, or as long as it is now: the file that shows it offline."""
        checkpoint, size = await self.log.signed(size)
        path = await self._path(lambda nodes: inclusion_proof(nodes, index, size), size)
        return Proof(index, tuple(path), checkpoint)

    async def consistency(self, old: int, new: int) -> Sequence[bytes]:
        """That the log of `new` lines begins with the `old` lines it had (RFC 9162, section 2.1.4)."""
        return await self._path(lambda nodes: consistency_proof(nodes, old, new), new)

    async def nodes(self, places: Sequence[tuple[int, int]], size: int) -> Sequence[bytes]:
        """The hashes of these complete subtrees, by level and index, of a log of this size."""
        return await self._path(lambda nodes: [nodes(level, index) for level, index in places], size)

    async def _path(self, path: Path, size: int) -> list[bytes]:
        """Asks once for nothing, to see which tiles it takes, and then for those."""
        needed: dict[tuple[int, int], None] = {}

        def note(level: int, index: int) -> bytes:
            tile_level, below = divmod(level, HEIGHT)
            needed[tile_level, (index << below) // WIDTH] = None
            return EMPTY_ROOT

        path(note)
        found = await self.log.tiles([_tile(*place, size) for place in needed])
        return path(tile_nodes({(tile.level, tile.index): hashes for tile, hashes in found.items()}))


def _tile(level: int, index: int, size: int) -> Tile:
    """A tile as wide as the log of this size has it."""
    width = min(WIDTH, (size >> HEIGHT * level) - index * WIDTH)
    if width <= 0:
        raise OutsideTree
    return Tile(level, index, width)
