"""The tree over the lines (RFC 9162, section 2.1): roots from all of its leaves, or from some and what lies between."""

from collections.abc import Mapping, Sequence
from hashlib import sha256

from relais_verify.verdicts import CHANGED, FORKED, INCOMPLETE, Refused

Nodes = dict[int, dict[int, bytes]]  # by level, then by index


def leaf_hash(leaf: bytes) -> bytes:
    """The hash of a line."""
    return sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash above two neighbours."""
    return sha256(b"\x01" + left + right).digest()


class Frontier:
    """The complete subtrees of a log that is read line by line."""

    def __init__(self) -> None:
        self.size = 0
        self._peaks: list[bytes] = []

    def add(self, hashed: bytes) -> None:
        """One line more."""
        rest = self.size
        while rest & 1:
            hashed, rest = node_hash(self._peaks.pop(), hashed), rest >> 1
        self._peaks.append(hashed)
        self.size += 1

    @property
    def root(self) -> bytes:
        """The root of the lines so far."""
        return _folded(self._peaks)


def sparse_root(size: int, leaves: Mapping[int, bytes], given: Nodes) -> bytes:
    """The root of a log of which some lines are known, and the subtrees in which no known line stands.

    Raises `Refused` unless every known line and every given hash leads up to it.
    """
    level, row = 0, dict(leaves)
    peaks: dict[int, bytes] = {}
    while size >> level:
        _take(row, given.get(level, {}), level)
        count, above = size >> level, dict[int, bytes]()
        if count & 1 and count - 1 in row:
            peaks[level] = row.pop(count - 1)
        for index, left in row.items():
            if index >= count:
                raise Refused(CHANGED, f"index {index << level} lies behind the end of the log")
            if index ^ 1 not in row:
                raise Refused(INCOMPLETE, f"what stands beside index {index << level} is missing: it is not proven")
            if not index & 1:
                above[index >> 1] = node_hash(left, row[index | 1])
        level, row = level + 1, above
    if set(peaks) != {at for at in range(size.bit_length()) if size >> at & 1}:
        raise Refused(INCOMPLETE, "hashes are missing: the lines do not lead up to the root")
    return _folded([peaks[at] for at in sorted(peaks, reverse=True)])


def _take(row: dict[int, bytes], given: Mapping[int, bytes], level: int) -> None:
    for index, hashed in given.items():
        if row.setdefault(index, hashed) != hashed:
            raise Refused(CHANGED, f"the lines from {index << level} on are not what the hash above them says")


def check_inclusion(hashed: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> None:
    """RFC 9162, section 2.1.3.2. Raises `Refused`."""
    node, last, result = index, size - 1, hashed
    for sibling in path:
        if last == 0:
            raise Refused(CHANGED, "the proof is too long")
        if node & 1 or node == last:
            result = node_hash(sibling, result)
            while node and not node & 1:
                node, last = node >> 1, last >> 1
        else:
            result = node_hash(result, sibling)
        node, last = node >> 1, last >> 1
    if last != 0 or result != root or index >= size:
        raise Refused(CHANGED, f"line {index} does not lead up to the signed root")


def check_consistency(old: tuple[int, bytes], new: tuple[int, bytes], path: Sequence[bytes]) -> None:
    """RFC 9162, section 2.1.4.2: the newer log begins with the older one. Raises `Refused`."""
    (size, root), (end, last_root) = old, new
    steps = iter([root, *path] if size & (size - 1) == 0 else path)
    node, last = size - 1, end - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    before = after = next(steps, b"")
    for sibling in steps:
        if last == 0:
            raise Refused(FORKED, "the proof of growth is too long")
        if node & 1 or node == last:
            before, after = node_hash(sibling, before), node_hash(sibling, after)
            while node and not node & 1:
                node, last = node >> 1, last >> 1
        else:
            after = node_hash(after, sibling)
        node, last = node >> 1, last >> 1
    if last != 0 or (before, after) != (root, last_root):
        raise Refused(FORKED, f"the log of {end} lines does not begin with the {size} lines seen before")


def _folded(peaks: Sequence[bytes]) -> bytes:
    if not peaks:
        return sha256(b"").digest()
    result = peaks[-1]
    for left in reversed(peaks[:-1]):
        result = node_hash(left, result)
    return result
