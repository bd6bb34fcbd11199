"""Logs small enough to compute by the book, for tests to compare with."""

from collections.abc import Sequence
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from services.audit.domain.merkle import Nodes
from services.audit.domain.note import Signer

ORIGIN = "log.example/audit/2026"


def a_leaf_hash(number: int) -> bytes:
    return sha256(b"\x00" + str(number).encode()).digest()


def some_leaf_hashes(count: int) -> list[bytes]:
    return [a_leaf_hash(number) for number in range(count)]


def root_by_the_book(hashes: Sequence[bytes]) -> bytes:
    """MTH of RFC 6962, section 2.1, word for word."""
    if not hashes:
        return sha256(b"").digest()
    if len(hashes) == 1:
        return hashes[0]
    cut = 1
    while cut * 2 < len(hashes):
        cut *= 2
    return sha256(b"\x01" + root_by_the_book(hashes[:cut]) + root_by_the_book(hashes[cut:])).digest()


def nodes_of(hashes: Sequence[bytes]) -> Nodes:
    return lambda level, index: root_by_the_book(hashes[index << level : (index + 1) << level])


def a_signer(name: str = ORIGIN, seed: int = 1) -> Signer:
    return Signer(name, Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32))


def flipped(content: bytes, bit: int) -> bytes:
    """The same bytes but for one bit."""
    changed = bytearray(content)
    changed[bit // 8 % len(changed)] ^= 1 << bit % 8
    return bytes(changed)
