"""The tree cut into tiles, the files by which auditors fetch it (C2SP tlog-tiles).

A tile holds up to 256 neighbouring hashes of one level; its own root is one hash of the level above.
"""

import re
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from services.audit.domain.merkle import HASH_SIZE, Frontier

HEIGHT = 8
WIDTH = 1 << HEIGHT
MAX_LEVEL = 63

_INDEX = re.compile(r"(?:x\d{3}/)*\d{3}", re.ASCII)
_LEVEL = re.compile(r"[0-9]|[1-5][0-9]|6[0-3]")
_PARTIAL = re.compile(r"[1-9]\d{0,2}", re.ASCII)


class MalformedBundle(ValueError):
    """These bytes are no bundle of lines."""


class MalformedTilePath(ValueError):
    """This is no path of a tile."""


@dataclass(frozen=True, slots=True, order=True)
class Tile:
    """Which hashes a tile holds: the `width` hashes of its level from `index * 256` on."""

    level: int
    index: int
    width: int = WIDTH

    @property
    def path(self) -> str:
        """Where an auditor finds it: `tile/0/x001/x234/067`, `tile/1/000.p/17`."""
        return f"tile/{self.level}/{index_path(self.index, self.width)}"

    @property
    def is_full(self) -> bool:
        """Whether nothing can be added to it any more."""
        return self.width == WIDTH

    @property
    def start(self) -> int:
        """Its first hash's position on its level."""
        return self.index * WIDTH

    def is_within(self, size: int) -> bool:
        """Whether a log of this size has all of it."""
        return self.level <= MAX_LEVEL and self.start + self.width <= size >> HEIGHT * self.level


def index_path(index: int, width: int = WIDTH) -> str:
    """A tile's index in groups of three digits, all but the last with an `x`, and `.p/<width>` if it is not full."""
    groups = [f"{index % 1000:03}"]
    while index := index // 1000:
        groups.insert(0, f"x{index % 1000:03}")
    return "/".join(groups) + ("" if width == WIDTH else f".p/{width}")


def read_index(path: str) -> tuple[int, int]:
    """The index and width that a path names, in the only spelling it may have. Raises `MalformedTilePath`."""
    groups, mark, partial = path.partition(".p/")
    if not _INDEX.fullmatch(groups) or (mark and not _PARTIAL.fullmatch(partial)):
        raise MalformedTilePath
    index, width = int(groups.replace("x", "").replace("/", "")), int(partial or WIDTH)
    if width > WIDTH or index_path(index, width) != path:
        raise MalformedTilePath
    return index, width


def read_tile(path: str) -> Tile:
    """The tile that a request names by level and index. Raises `MalformedTilePath`."""
    level, _, index = path.partition("/")
    if not _LEVEL.fullmatch(level):
        raise MalformedTilePath
    return Tile(int(level), *read_index(index))


def partial_width(size: int, level: int) -> int:
    """How many hashes stand in the tile of a level that is not full yet; 0: there is none."""
    return (size >> HEIGHT * level) % WIDTH


def slots(hashes: bytes) -> list[bytes]:
    """The hashes of a tile, one by one."""
    return [hashes[at : at + HASH_SIZE] for at in range(0, len(hashes), HASH_SIZE)]


def row_root(hashes: Sequence[bytes]) -> bytes:
    """The hash that stands, in a level above, for neighbouring hashes of a tile."""
    return Frontier().grown(hashes).root


def bundle(leaves: Iterable[bytes]) -> bytes:
    """Neighbouring lines of the log in one file: each as its length, two bytes big-endian, and its bytes."""
    return b"".join(struct.pack(">H", len(leaf)) + leaf for leaf in leaves)


def leaves_of(bundled: bytes) -> list[bytes]:
    """The lines of a bundle. Raises `MalformedBundle` unless it ends where a line ends."""
    leaves, at = [], 0
    while at < len(bundled):
        length = int.from_bytes(bundled[at : at + 2], "big")
        leaves.append(bundled[at + 2 : at + 2 + length])
        at += 2 + length
    if at != len(bundled):
        raise MalformedBundle
    return leaves
