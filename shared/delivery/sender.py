"""Performs what is owed to the outside world, safely twice: a row first, then the effect, then what became of it.

A provider takes, refuses, or is silent. Each attempt leaves a mark before it begins, so that a crash between the
effect and its record is told from an attempt that never began: of the first nobody knows whether it reached anybody.
"""

from base64 import b64decode
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, TypeVar
from uuid import UUID, uuid5

from pydantic import BaseModel

from shared.delivery.cause import Cause, new_cause
from shared.delivery.delivery import Delivery
from shared.delivery.lease import Row
from shared.delivery.shelf import Key, Shelf, stream
from shared.delivery.unit import Work
from shared.vault import Erased, Sealed

S = TypeVar("S", bound=BaseModel)
E = TypeVar("E")
T = TypeVar("T")

Effect = Callable[[S, bytes], Awaitable[E]]
"""Reaches the provider with what is owed and the opened block that holds the address; tells how that ended.

It raises nothing that the provider or the network causes, and is over before its attempt falls due again.
"""


async def _always(_row: Row) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Attempts(Generic[S, E]):
    """What a service decides about an attempt: pure, like its handlers. The attempts of a row are numbered from 1.

    `begin` marks the attempt and moves `due_at` past the time that its effect may take; it gets the opened block, and
    gives the state to send, or `None` where nothing is left to send now. `end` keeps and says how it ended, `cancel`
    that its case is erased. How it ended is said on `topic`, about its case.
    """

    begin: Callable[[UUID, int, bytes, Work], S | None]
    end: Callable[[UUID, int, E, Work], object]
    cancel: Callable[[UUID, Work], object]
    topic: str


class Sender(Generic[S, E]):
    """Performs rows as they fall due. Each has `case_id`, `attempts`, `sealed`, perhaps `trace` and others' `links`.

    One that may not begin yet, as `may_begin` says, is claimed again when its lease lapses.
    """

    def __init__(
        self,
        delivery: Delivery,
        shelf: Shelf[S],
        attempts: Attempts[S, E],
        effect: Effect[S, E],
        may_begin: Callable[[Row], Awaitable[bool]] = _always,
    ) -> None:
        self._delivery = delivery
        self._may_begin = may_begin
        self._shelf = shelf
        self._attempts = attempts
        self._effect = effect

    async def send(self, row: Row) -> None:
        """One attempt for one claimed row, in the trace of its case."""
        if not await self._may_begin(row):
            return
        ids = {"notice_id": row["_id"], "case_id": row["case_id"]}
        parent, links = row.get("trace"), row.get("links", ())
        with self._delivery.tracing.hop("send", self._shelf.name, parent=parent, links=links, **ids):
            opened = await self._open(row)
            if opened is None:
                await self._delivery.perform_due(*self._act(row, "cancel", self._attempts.cancel), self._needs(row))
            else:
                await self._attempt(row, row["attempts"] + 1, opened)

    async def _attempt(self, row: Row, n: int, opened: bytes) -> None:
        # Somebody waits for what is owed, and nobody for the note of how it went.
        begin = self._act(row, f"begin/{n}", lambda id_, work: self._attempts.begin(id_, n, opened, work))
        state = await self._delivery.perform(*begin, self._needs(row))
        if state is None:
            return
        self._delivery.crash.reach("before-send")
        ending = await self._effect(state, opened)
        self._delivery.crash.reach("in-send")
        end = self._act(row, f"send/{n}", lambda id_, work: self._attempts.end(id_, n, ending, work))
        await self._delivery.perform_due(*end, [*self._needs(row), stream(self._attempts.topic, row["case_id"])])

    async def _open(self, row: Row) -> bytes | None:
        """The block with the address: a machine's use, recorded in the event of its effect. `None`: it is erased."""
        try:
            return await self._delivery.vault.open(Sealed("contact", row["case_id"], b64decode(row["sealed"])))
        except Erased:
            return None

    def _needs(self, row: Row) -> list[Key]:
        return [(self._shelf, row["_id"])]

    def _act(self, row: Row, step: str, act: Callable[[UUID, Work], T]) -> tuple[Cause, Callable[[Work], T]]:
        id_ = UUID(row["_id"])
        cause = new_cause(self._delivery, row["case_id"], id_=uuid5(id_, step))
        return cause, lambda work: act(id_, work)
