"""What an auditor searches for, and the place in its answer up to which she has read."""

import struct
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Annotated, Literal, NamedTuple, Self
from uuid import UUID

import rfc8785
from pydantic import Field, StringConstraints

from services.audit.domain.headers import TYPE, WORD
from services.audit.domain.leaf import Kind
from services.audit.domain.operations import Operation
from shared.contracts.fields import Block
from shared.contracts.forms import StationCode, UtcTime

Order = Literal["asc", "desc"]
Ref = Annotated[str, StringConstraints(pattern=f"^{WORD.pattern}$")]
Index = Annotated[int, Field(ge=0, lt=2**53)]


class Filter(Block):
    """Which lines. Every member that is given must hold; times and indexes are half-open, `from` and not `to`."""

    case: UUID | None = None
    actor: Ref | None = None
    recipient: Ref | None = None
    station: StationCode | None = None
    type: Annotated[str, StringConstraints(pattern=f"^{TYPE.pattern}$")] | None = None
    operation: Operation | None = None
    kind: Kind | None = None
    event: UUID | None = None
    from_time: UtcTime | None = Field(None, alias="from")
    to_time: UtcTime | None = Field(None, alias="to")
    from_index: Index | None = None
    to_index: Index | None = None

    @property
    def digest(self) -> str:
        """Tells two filters apart without telling what was searched for."""
        return sha256(rfc8785.dumps(self.said)).hexdigest()

    @property
    def said(self) -> dict[str, str | int]:
        """The members that are given, as JSON."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)

    @property
    def period(self) -> tuple[datetime | None, datetime | None]:
        """From when, and until when."""
        return self.from_time, self.to_time


class ForeignCursor(ValueError):
    """The cursor belongs to another search, or to a log that is longer than this one."""


class Turn(NamedTuple):
    """Where a search goes on: among how many lines of the log, behind which one, and how many there are in all."""

    size: int
    last: int
    total: int

    def written(self, filter_: Filter, order: Order) -> bytes:
        """The turn in 32 bytes, bound to its search."""
        return struct.pack(">QQQ", *self) + _mark(filter_, order)

    @classmethod
    def read(cls, written: bytes, filter_: Filter, order: Order) -> Self:
        """The turn in these bytes. Raises `ForeignCursor`."""
        turn = cls(*struct.unpack(">QQQ", written[:24]))
        if written[24:] != _mark(filter_, order) or max(turn.last, turn.total) > turn.size:
            raise ForeignCursor
        return turn


TURN_BYTES = 32


def _mark(filter_: Filter, order: Order) -> bytes:
    return sha256(f"{filter_.digest} {order}".encode()).digest()[:8]


@dataclass(frozen=True, slots=True)
class Page:
    """Lines of one page in their order, each with its place, and where to go on."""

    size: int
    total: int
    lines: tuple[tuple[int, bytes], ...]
    next: Turn | None
