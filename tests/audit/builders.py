"""Records, lines and small logs, and the tree by the book to compare with."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from services.audit.domain.leaf import Place
from services.audit.domain.merkle import Nodes
from services.audit.domain.note import KeyInMemory, Signer
from services.audit.domain.reading import Line, line_of

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


def a_key(seed: int = 1) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)


def a_signer(name: str = ORIGIN, seed: int = 1) -> Signer:
    return Signer(name, KeyInMemory(a_key(seed)))


def flipped(content: bytes, bit: int) -> bytes:
    """The same bytes but for one bit."""
    changed = bytearray(content)
    changed[bit // 8 % len(changed)] ^= 1 << bit % 8
    return bytes(changed)


AT = datetime(2026, 11, 25, 9, 59, tzinfo=UTC)
SALT = b"s" * 32
OURS: dict[str, bytes | None] = {
    "ce_specversion": b"1.0",
    "ce_id": b"0d9f2ce6-7a1d-4a70-9d2a-0f6d7c0b1a11",
    "ce_type": b"case.iscg-assigned.v1",
    "ce_source": b"/relais/referral/cases",
    "ce_subject": b"5b1f6a7e-0000-8000-8000-000000000001",
    "ce_time": b"2026-11-25T11:00:00.123+01:00",
}
STATIONS: dict[str, bytes | None] = OURS | {
    "ce_type": b"station.report-submitted.v1",
    "ce_source": b"/stations/police/GN-31-0412",
}


def headers_of(texts: Mapping[str, bytes | None]) -> list[tuple[str, bytes | None]]:
    return list(texts.items())


def ours(**changed: str) -> list[tuple[str, bytes | None]]:
    """The headers of an event that one of our services said."""
    return headers_of(OURS | {name: text.encode() for name, text in changed.items()})


def stations(**changed: str) -> list[tuple[str, bytes | None]]:
    """The headers of a record that a station's software sent."""
    return headers_of(STATIONS | {name: text.encode() for name, text in changed.items()})


def a_line(
    headers: Iterable[tuple[str, bytes | None]], place: Place = ("relais.cases", 1, 5), value: bytes = b"{}"
) -> Line:
    return line_of(place, AT, headers, value, SALT)
