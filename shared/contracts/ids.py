"""Ids that say nothing: every one is computed from a cause, or chosen by chance."""

import hmac
from collections.abc import Iterable
from hashlib import sha256
from uuid import UUID, uuid5

NAMESPACE = UUID("5a0c8f0e-3a56-5d7b-9a39-7c1f6f0e2d41")
"""Relais' own UUID namespace, published for stations in `docs/stations/`."""


def place_cause(topic: str, partition: int, offset: int) -> UUID:
    """The cause that a station's record is: its place, so that nobody can occupy our ids."""
    return uuid5(NAMESPACE, f"{topic}/{partition}/{offset}")


def event_id(cause: UUID, service: str, type_: str, n: int) -> UUID:
    """The id of the n-th event of a type (from 0) that a service says because of one cause."""
    return uuid5(cause, f"{service}/{type_}/{n}")


def ids_digest(ids: Iterable[UUID]) -> str:
    """What tells two sets of ids apart: SHA-256 over them in order, a line each, ended by a line feed."""
    return sha256("".join(f"{id_}\n" for id_ in sorted(ids)).encode()).hexdigest()


def uuid8(digest: bytes) -> UUID:
    """The first 128 bits of a digest as a UUIDv8 (RFC 9562, section 5.8)."""
    value = int.from_bytes(digest[:16], "big")
    value = value & ~(0xF << 76) | 0x8 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return UUID(int=value)


def case_id(secret: bytes, integrator: str, report_id: UUID) -> UUID:
    """The case of a report: UUIDv8 of HMAC-SHA-256 over the report's identity. The secret never changes."""
    return uuid8(hmac.digest(secret, f"{integrator}/{report_id}".encode(), sha256))


def address_digest(secret: bytes, addresses: str) -> str:
    """What tells two sets of addresses apart, by HMAC-SHA-256: a telephone number cannot be guessed from it."""
    return hmac.digest(secret, f"addresses {addresses}".encode(), sha256).hex()


def authid(secret: bytes, issuer: str, subject: str) -> UUID:
    """Who acted, by an id that tells nothing: UUIDv8 of HMAC-SHA-256 over issuer and subject."""
    return uuid8(hmac.digest(secret, f"{issuer} {subject}".encode(), sha256))
