"""One line of the log: who did what to which data, when, why and for whom, by reference and never by content.

Its members are frozen. What the line is about stays beside the log, under a salt, and can be deleted
without touching the line.
"""

import hmac
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Literal
from uuid import UUID, uuid5

import orjson

from services.audit.domain.checkpoint import Checkpoint
from services.audit.domain.exact64 import encoded
from services.audit.domain.operations import Operation
from shared.contracts.ids import NAMESPACE, place_cause

VERSION = 1
SALT_SIZE = 32
LARGEST_LEAF = 2_000
"""Bytes of a line: each of its members has a shape that bounds it."""

Kind = Literal["event", "unreadable", "conflict", "gap", "reset", "heartbeat", "epoch"]
ALARMING: frozenset[Kind] = frozenset({"unreadable", "conflict", "gap", "reset"})
"""An auditor should hear of these at once."""
Place = tuple[str, int, int]
"""Where a record stands on Kafka: topic without its namespace, partition, offset."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """A line, as frozen in version 1. A member that is not known is null, never absent.

    `kind`: `event`; `unreadable` (a record that is no event); `conflict` (an event whose id or sequence another
    one bears already); `gap` (records that Kafka had dropped before they could be read: `subject` names the first and
    the last offset); `reset` (a topic made anew: `subject` names the offset that was due and the one found);
    `heartbeat` (no record, but the log's own word that it was written at this time: lines between two of them were);
    `epoch` (the first line of a log that continues another one: `subject` quotes that one's last checkpoint).
    `op`: the operation of article 25 of directive (EU) 2016/680. `who`, `to`: opaque ids; `why`: a code.
    `src`: topic, partition, offset. `commit`: HMAC-SHA-256 of the record's value under its salt, base64.
    """

    kind: Kind
    id: UUID
    src: Place | None
    time: datetime
    type: str | None = None
    source: str | None = None
    op: Operation | None = None
    who: str | None = None
    why: str | None = None
    to: str | None = None
    subject: str | None = None
    seq: int | None = None
    commit: str | None = None

    def canonical(self) -> bytes:
        """The bytes that are hashed into the tree: RFC 8785, so that anybody can write them again.

        Sorted keys and no space are all of it for members in ASCII without floats; a test holds it against the law.
        """
        members = {name: getattr(self, name) for name in MEMBERS}
        members["v"], members["time"] = VERSION, instant(self.time)
        return orjson.dumps(members, option=orjson.OPT_SORT_KEYS | orjson.OPT_STRICT_INTEGER)

    def in_conflict(self) -> "Leaf":
        """The same line, marked as contradicting an earlier one."""
        return replace(self, kind="conflict")


MEMBERS = tuple(member.name for member in fields(Leaf))


def instant(at: datetime) -> str:
    """A time as lines write it: UTC, to the millisecond."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds")[: -len("+00:00")] + "Z"


def commitment(salt: bytes, value: bytes) -> str:
    """Binds a line to the content beside it, and tells nothing about it once the salt is gone."""
    return encoded(hmac.digest(salt, value, sha256))


def gap_leaf(place: Place, first_left: int, at: datetime) -> Leaf:
    """Says that the records from this place on were gone before anybody could log them."""
    return _notice("gap", place, f"{place[2]}-{first_left - 1}", at)


def reset_leaf(place: Place, due: int, at: datetime) -> Leaf:
    """Says that a topic begins anew at this place although the offset `due` had been reached before."""
    return _notice("reset", place, f"{due}-{place[2]}", at)


def heartbeat_leaf(origin: str, index: int, at: datetime) -> Leaf:
    """Says that the log was being written at this time, whether or not there was anything to write."""
    return Leaf(kind="heartbeat", id=uuid5(NAMESPACE, f"{origin}/heartbeat/{index}"), src=None, time=at)


def epoch_leaf(origin: str, quoted: Checkpoint, why: str, commit: str, at: datetime) -> Leaf:
    """Says which log this one continues, and the last that was signed of it. `commit` binds the whole note."""
    subject = f"{quoted.origin} {quoted.size} {encoded(quoted.root)}"
    id_ = uuid5(NAMESPACE, f"{origin}/epoch")
    return Leaf(kind="epoch", id=id_, src=None, time=at, why=why, subject=subject, commit=commit)


def _notice(kind: Kind, place: Place, subject: str, at: datetime) -> Leaf:
    return Leaf(kind=kind, id=uuid5(place_cause(*place), kind), src=place, time=at, subject=subject)
