"""Hands rows over to Kafka, and none of them a second time while the first may still arrive."""

import asyncio
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
        self._answers: dict[bytes, asyncio.Future[Any]] = {}

    def unsent(self, rows: Iterable[Row]) -> list[Row]:
        """Those of the rows that must be handed over: no answer to them is awaited, and none says that they arrived."""
        return [row for row in rows if row["_id"] not in self._answers or not _may_arrive(self._answers[row["_id"]])]

    def count_again(self, rows: Iterable[Row], ours: Collection[bytes]) -> int:
        """How many of the rows to hand over may have been sent before: by us, or they are of no unit of ours."""
        return sum(row["_id"] in self._answers or unit_of(row["_id"]) not in ours for row in self.unsent(rows))

    async def send(self, rows: Sequence[Row]) -> set[bytes]:
        """Hand over what was not, and wait for the answers. Returns the ids of what the broker has acknowledged."""
        try:
            async with asyncio.timeout(SEND_SECONDS):
                await self._hand_over(self.unsent(rows))
                # No answer is awaited to rows of a topic that is not there.
                if answers := {answer for row in rows if (answer := self._answers.get(row["_id"]))}:
                    await asyncio.wait(answers)
        except TimeoutError:
            log.warning("kafka-slow", count=len(rows))
        answered = {row["_id"]: self._answers.get(row["_id"]) for row in rows}
        good = {answer for answer in set(answered.values()) if answer is not None and _is_acknowledged(answer)}
        return {id_ for id_, answer in answered.items() if answer in good}

    def forget(self, ids: Iterable[bytes]) -> None:
        """Nobody asks for these rows any more."""
        for id_ in ids:
            self._answers.pop(id_, None)

    def forget_units(self, units: Collection[bytes]) -> None:
        """Nobody asks for the rows of these units of work any more."""
        self.forget([id_ for id_ in self._answers if unit_of(id_) in units])

    async def _hand_over(self, rows: Sequence[Row]) -> None:
        if rows:
            async for answer, batch in self._publisher.hand_over(rows):
                self._answers |= dict.fromkeys([row["_id"] for row in batch], answer)
                self._crash.reach("while-publishing")


def unit_of(row_id: bytes) -> bytes:
    """The unit of work of a row."""
    return row_id[:UNIT_BYTES]


def _may_arrive(answer: "asyncio.Future[Any]") -> bool:
    return not answer.done() or _is_acknowledged(answer)


def _is_acknowledged(answer: "asyncio.Future[Any]") -> bool:
    return answer.done() and not answer.cancelled() and not answer.exception()
