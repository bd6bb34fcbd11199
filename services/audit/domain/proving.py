"""Checks of proofs, as an auditor makes them (RFC 9162, sections 2.1.3.2 and 2.1.4.2)."""

from collections.abc import Sequence

from services.audit.domain.merkle import HASH_SIZE, node_hash


class ProofRefused(ValueError):
    """The proof does not show what it claims."""


def check_inclusion(leaf_hash: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Raises `ProofRefused` unless the leaf stands at `index` in the log that `size` and `root` name."""
    _check_hashes(leaf_hash, root, *proof)
    if not 0 <= index < size:
        raise ProofRefused
    node, last, result = index, size - 1, leaf_hash
    for sibling in proof:
        if last == 0:
            raise ProofRefused
        if node & 1 or node == last:
            result = node_hash(sibling, result)
            while node and not node & 1:
                node, last = node >> 1, last >> 1
        else:
            result = node_hash(result, sibling)
        node, last = node >> 1, last >> 1
    if last != 0 or result != root:
        raise ProofRefused


def check_consistency(old: int, old_root: bytes, new: int, new_root: bytes, proof: Sequence[bytes]) -> None:
    """Raises `ProofRefused` unless the newer log begins with the older one. An empty older log proves nothing."""
    _check_hashes(old_root, new_root, *proof)
    if not 0 < old <= new:
        raise ProofRefused
    if old == new:
        if proof or old_root != new_root:
            raise ProofRefused
        return
    whole_subtree = old & (old - 1) == 0
    _check_growth(old, old_root, new, new_root, [old_root, *proof] if whole_subtree else list(proof))


def _check_growth(old: int, old_root: bytes, new: int, new_root: bytes, path: list[bytes]) -> None:
    if not path:
        raise ProofRefused
    node, last = old - 1, new - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    before = after = path[0]
    for sibling in path[1:]:
        if last == 0:
            raise ProofRefused
        if node & 1 or node == last:
            before, after = node_hash(sibling, before), node_hash(sibling, after)
            while node and not node & 1:
                node, last = node >> 1, last >> 1
        else:
            after = node_hash(after, sibling)
        node, last = node >> 1, last >> 1
    if last != 0 or (before, after) != (old_root, new_root):
        raise ProofRefused


def _check_hashes(*hashes: bytes) -> None:
    if any(len(each) != HASH_SIZE for each in hashes):
        raise ProofRefused
