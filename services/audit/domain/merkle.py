"""The tree that makes a change of any past line visible (RFC 6962, section 2.1; RFC 9162, section 2.1).

Hashes are 32 bytes of SHA-256, positions count from 0, sizes are numbers of leaves.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import reduce
from hashlib import sha256

HASH_SIZE = 32
EMPTY_ROOT = sha256(b"").digest()

Nodes = Callable[[int, int], bytes]
"""Reads the hash of a complete subtree: `nodes(level, index)` covers `1 << level` leaves from `index << level` on."""


class OutsideTree(ValueError):
    """The tree has no such leaf, or no such earlier size."""


def leaf_hash(leaf: bytes) -> bytes:
    """What stands in the tree for one line of the log."""
    return sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """What stands in the tree for two neighbours."""
    return sha256(b"\x01" + left + right).digest()


def split(size: int) -> int:
    """The largest power of two below a size: where RFC 6962 cuts a tree in two."""
    return 1 << (size - 1).bit_length() - 1


@dataclass(frozen=True, slots=True)
class Frontier:
    """All that must be remembered of a log to let it grow: its size, and its complete subtrees, the largest first."""

    size: int = 0
    peaks: tuple[bytes, ...] = ()

    def grown(self, leaf_hashes: Iterable[bytes]) -> "Frontier":
        """The frontier after these leaves were appended."""
        size, peaks = self.size, list(self.peaks)
        for peak in leaf_hashes:
            rest, right = size, peak
            while rest & 1:
                right = node_hash(peaks.pop(), right)
                rest >>= 1
            peaks.append(right)
            size += 1
        return Frontier(size, tuple(peaks))

    @property
    def root(self) -> bytes:
        """The one hash that stands for every line so far."""
        if not self.peaks:
            return EMPTY_ROOT
        return reduce(lambda right, left: node_hash(left, right), reversed(self.peaks))


def range_hash(nodes: Nodes, start: int, end: int) -> bytes:
    """The root of the leaves from `start` to before `end`, where `start` is a place at which RFC 6962 cuts."""
    width = end - start
    if width & (width - 1) == 0:
        level = width.bit_length() - 1
        return nodes(level, start >> level)
    middle = start + split(width)
    return node_hash(range_hash(nodes, start, middle), range_hash(nodes, middle, end))


def inclusion_proof(nodes: Nodes, index: int, size: int) -> list[bytes]:
    """Shows that a line stands at its place in a log of this size: sibling hashes from the leaf up."""
    if not 0 <= index < size:
        raise OutsideTree
    path, start, end = [], 0, size
    while end - start > 1:
        middle = start + split(end - start)
        if index < middle:
            path.append(range_hash(nodes, middle, end))
            end = middle
        else:
            path.append(range_hash(nodes, start, middle))
            start = middle
    return path[::-1]


def consistency_proof(nodes: Nodes, old: int, new: int) -> list[bytes]:
    """Shows that a log of `new` lines still begins with the `old` lines it had. Equal logs need no hash."""
    if not 0 < old <= new:
        raise OutsideTree
    path, start, end = [], 0, new
    while end > old:
        middle = start + split(end - start)
        if old <= middle:
            path.append(range_hash(nodes, middle, end))
            end = middle
        else:
            path.append(range_hash(nodes, start, middle))
            start = middle
    if start > 0:
        path.append(range_hash(nodes, start, end))
    return path[::-1]
