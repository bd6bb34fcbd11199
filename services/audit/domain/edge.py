"""The right edge of the log as tiles: what must be held to cut new tiles while the log grows."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import zip_longest

from services.audit.domain.merkle import Frontier, Nodes, OutsideTree
from services.audit.domain.tiles import HEIGHT, WIDTH, Tile, partial_width, row_root, slots

Row = tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Edge:
    """At each level, from the leaves up, the hashes of the tile that is not full yet."""

    size: int = 0
    rows: tuple[Row, ...] = ()

    def grown(self, leaf_hashes: Iterable[bytes]) -> tuple["Edge", dict[Tile, Row]]:
        """The edge after these leaves, and every tile that they filled."""
        rising = tuple(leaf_hashes)
        size, rows = self.size + len(rising), []
        full: dict[Tile, Row] = {}
        for level, row in enumerate(self._rows_up_to(size)):
            first = (self.size >> HEIGHT * level) // WIDTH
            cut = _cut((*row, *rising))
            rows.append(cut.pop())
            full |= {Tile(level, first + at): hashes for at, hashes in enumerate(cut)}
            rising = tuple(row_root(hashes) for hashes in cut)
        return Edge(size, tuple(rows)), full

    def _rows_up_to(self, size: int) -> list[Row]:
        levels = range((size.bit_length() + HEIGHT - 1) // HEIGHT)
        return [row for _, row in zip_longest(levels, self.rows, fillvalue=())]

    @property
    def frontier(self) -> Frontier:
        """The same edge as RFC 6962 sees it."""
        return Frontier(self.size, tuple(peak for row in reversed(self.rows) for peak in Frontier().grown(row).peaks))


def _cut(hashes: Row) -> list[Row]:
    """Whole tiles, and last what is left over (maybe nothing)."""
    return [hashes[at : at + WIDTH] for at in range(0, len(hashes) + 1, WIDTH)]


def edge_tiles(size: int) -> list[Tile]:
    """The tiles at the right edge of a log of this size that are not full."""
    levels = range((size.bit_length() + HEIGHT - 1) // HEIGHT)
    widths = [(level, partial_width(size, level)) for level in levels]
    return [Tile(level, (size >> HEIGHT * level) // WIDTH, width) for level, width in widths if width]


def tile_nodes(tiles: Mapping[tuple[int, int], bytes]) -> Nodes:
    """Reads the tree from tiles in memory, by level and index. Its reader raises `OutsideTree` for what they lack."""
    rows = {place: slots(hashes) for place, hashes in tiles.items()}

    def node(level: int, index: int) -> bytes:
        tile_level, below = divmod(level, HEIGHT)
        start, width = index << below, 1 << below
        row = rows.get((tile_level, start // WIDTH), [])[start % WIDTH :][:width]
        if len(row) < width:
            raise OutsideTree
        return row_root(row)

    return node
