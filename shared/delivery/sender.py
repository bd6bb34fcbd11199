"""Performs what is owed to the outside world, safely twice: a row first, then the effect, then what became of it.

A provider answers, refuses, or is silent. Silence after the content has left us is an unknown outcome; so is a crash
between the effect and its record: both are told from "not sent" by the mark that an attempt leaves before it begins.
"""

from base64 import b64decode
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar
from uuid import UUID, uuid5

from pydantic import BaseModel

from shared.delivery.cause import Cause
from shared.delivery.delivery import Delivery
from shared.delivery.lease import Row
from shared.delivery.shelf import Shelf
from shared.delivery.unit import Work
from shared.vault import Erased, Sealed
from shared.watch.traces import traceparent_now

S = TypeVar("S", bound=BaseModel)
T = TypeVar("T")


class Ending(StrEnum):
    """How an attempt ended. `NOT_SENT`: certainly not. `ERASED`: it was not tried, there is nobody to tell any more."""

    SENT = "sent"
    REFUSED = "refused"
    NOT_SENT = "not-sent"
    UNKNOWN = "unknown"
    ERASED = "erased"


Effect = Callable[[S, bytes], Awaitable[Ending]]
"""Reaches the provider with what is owed and the opened block that holds the address. Bounded in time."""


@dataclass(frozen=True, slots=True)
class Attempts(Generic[S]):
    """What a service decides about an attempt: pure, like its handlers. Attempts are numbered from 1.

    `begin` marks the attempt and moves `due_at` past the time that an effect may take; it gives the state to send, or
    `None` where nothing is left to do. `end` keeps and says what became of it.
    """

    begin: Callable[[UUID, int, Work], S | None]
    end: Callable[[UUID, int, Ending, Work], object]


class Sender(Generic[S]):
    """Performs rows as they fall due. Each has `case_id`, `attempts`, `sealed` and perhaps `trace`."""

    def __init__(self, delivery: Delivery, shelf: Shelf[S], attempts: Attempts[S], effect: Effect[S]) -> None:
        self._delivery = delivery
        self._shelf = shelf
        self._attempts = attempts
        self._effect = effect

    async def send(self, row: Row) -> None:
        """One attempt for one claimed row, in the trace of its case."""
        ids = {"notice_id": row["_id"], "case_id": row["case_id"]}
        with self._delivery.tracing.hop("send", self._shelf.name, parent=row.get("trace"), **ids):
            await self._attempt(row, row["attempts"] + 1)

    async def _attempt(self, row: Row, n: int) -> None:
        opened = await self._open(row)
        if opened is None:
            await self._end(row, n, Ending.ERASED)
            return
        state = await self._perform(row, f"begin/{n}", lambda id_, work: self._attempts.begin(id_, n, work))
        if state is None:
            return
        ending = await self._effect(state, opened)
        if ending is Ending.SENT:
            self._delivery.crash.reach("in-send")
        await self._end(row, n, ending)

    async def _open(self, row: Row) -> bytes | None:
        """The block with the address: a machine's use, recorded in the event of its effect. `None`: it is erased."""
        try:
            return await self._delivery.vault.open(Sealed("contact", row["case_id"], b64decode(row["sealed"])))
        except Erased:
            return None

    async def _end(self, row: Row, n: int, ending: Ending) -> None:
        await self._perform(row, f"send/{n}", lambda id_, work: self._attempts.end(id_, n, ending, work))

    async def _perform(self, row: Row, step: str, act: Callable[[UUID, Work], T]) -> T:
        id_ = UUID(row["_id"])
        cause = Cause(uuid5(id_, step), self._delivery.clock.now(), row["case_id"], trace=traceparent_now())
        return await self._delivery.perform(cause, lambda work: act(id_, work), [(self._shelf, row["_id"])])
