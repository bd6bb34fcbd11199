"""Acts that wait at the same time share one unit of work: a transaction costs more than what is in it."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from shared.delivery.cause import Cause
from shared.delivery.halving import by_halves
from shared.delivery.shelf import Key
from shared.delivery.turns import Turns
from shared.delivery.unit import Work
from shared.vault import Owner

MOST, MUCH = 50, 25
"""Acts in one unit at most, and so many that no rest can make a unit much cheaper."""


@dataclass(frozen=True, slots=True)
class Act:
    """One act of a person, or one tick: why, what it decides, and who waits for its result.

    `needs` is what it will look at, `seals` for whom it will seal something, as far as that is known before.
    """

    cause: Cause
    decide: Callable[[Work], Any]
    needs: Sequence[Key] = ()
    seals: Sequence[Owner] = ()
    result: "asyncio.Future[Any]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Together:
    """Saves acts as soon as it can, and more of them at once the busier the process is.

    `save` gives one result an act, or saves none of them. Acts that can't be saved together are saved by halves, down
    to a single one, so that a refusal reaches nobody but the one who is refused.
    """

    def __init__(
        self, save: Callable[[Sequence[Act]], Awaitable[Sequence[Any]]], apart: float = 0.0, *, rest: bool = False
    ) -> None:
        self._save = save
        self._waiting: list[Act] = []
        self._turns = Turns(self._begin, apart, rest=rest)

    async def perform(self, act: Act) -> Any:
        """The result of an act, once it is saved."""
        self._waiting.append(act)
        self._begin()
        return await act.result

    async def end(self) -> None:
        """Wait for what is under way, also where nobody waits for its result any more."""
        await self._turns.end()

    def _begin(self) -> None:
        if self._waiting and self._turns.is_free(is_much=len(self._waiting) >= MUCH):
            acts, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
            self._turns.start(self._work(acts))

    async def _work(self, acts: Sequence[Act]) -> None:
        try:
            await by_halves(acts, self._save_together, _refuse)
        except Exception as error:
            for act in acts:
                await _refuse(act, error)

    async def _save_together(self, acts: Sequence[Act]) -> Sequence[None]:
        results = await self._save(acts)
        for act, result in zip(acts, results, strict=True):
            if not act.result.done():
                act.result.set_result(result)
        return [None] * len(acts)


async def _refuse(act: Act, error: Exception) -> None:
    if not act.result.done():
        act.result.set_exception(error)
