"""Hands rows over to Kafka, and none of them a second time while the first may still arrive."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from typing import Any, Protocol

import structlog

from shared.delivery.crash import CrashPoints

log = structlog.get_logger()

Row = dict[str, Any]
UNIT_BYTES = 12
"""A row's id begins with that of its unit of work, which grows with time, and ends with its number in the unit."""
SEND_SECONDS = 10.0


class Publisher(Protocol):
    """What is needed of a `shared.delivery.publisher.Publisher`."""

    def hand_over(self, rows: Sequence[Row]) -> AsyncIterator[tuple["asyncio.Future[Any]", Sequence[Row]]]:
        """Hand rows over; with each batch comes the future that is done when the broker has acknowledged it."""
        ...


class Handover:
    """Remembers which rows were handed over and not answered yet: a producer keeps them while its broker is away."""

    def __init__(self, publisher: Publisher, crash: CrashPoints) -> None:
        self._publisher = publisher
        self._crash = crash
        self._answers: dict[bytes, dict[bytes, asyncio.Future[Any]]] = defaultdict(dict)

    def unsent(self, rows: Iterable[Row], but: Collection[bytes] = ()) -> list[Row]:
        """Those of the rows that must be handed over: no answer to them is awaited, and none says that they arrived.

        `but` are units of work whose rows do not count here unless they were handed over before.
        """
        return [row for row in rows if not self._may_arrive(row) and not self._is_first(row, but)]

    async def send(self, rows: Sequence[Row]) -> set[bytes]:
        """Hand over what was not, and wait for the answers. Returns the ids of what the broker has acknowledged."""
        try:
            async with asyncio.timeout(SEND_SECONDS):
                await self._hand_over(self.unsent(rows))
                await asyncio.wait({answer for row in rows if (answer := self._answer(row))})
        except TimeoutError:
            log.warning("kafka-slow", count=len(rows))
        return {row["_id"] for row in rows if _is_acknowledged(self._answer(row))}

    def forget(self, units: Iterable[bytes]) -> None:
        """Nobody asks for the rows of these units of work any more."""
        for unit in units:
            self._answers.pop(unit, None)

    async def _hand_over(self, rows: Sequence[Row]) -> None:
        if rows:
            async for answer, batch in self._publisher.hand_over(rows):
                for row in batch:
                    self._answers[unit_of(row["_id"])][row["_id"]] = answer
                self._crash.reach("while-publishing")

    def _may_arrive(self, row: Row) -> bool:
        answer = self._answer(row)
        return answer is not None and (not answer.done() or _is_acknowledged(answer))

    def _is_first(self, row: Row, units: Collection[bytes]) -> bool:
        return unit_of(row["_id"]) in units and self._answer(row) is None

    def _answer(self, row: Row) -> "asyncio.Future[Any] | None":
        answers = self._answers.get(unit_of(row["_id"]))
        return answers.get(row["_id"]) if answers else None


def unit_of(row_id: bytes) -> bytes:
    """The unit of work of a row."""
    return row_id[:UNIT_BYTES]


def _is_acknowledged(answer: "asyncio.Future[Any] | None") -> bool:
    return answer is not None and answer.done() and not answer.cancelled() and not answer.exception()
