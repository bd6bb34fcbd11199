"""Acts that wait at the same time share one unit of work: a transaction costs more than what is in it."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from shared.delivery.cause import Cause
from shared.delivery.failures import Contended, is_infrastructure
from shared.delivery.shelf import Key
from shared.delivery.turns import Turns
from shared.delivery.unit import Unit, Work
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

    `save` gives one result an act, or saves none of them. Acts that can't be saved together are saved one by one, so
    that a refusal reaches nobody but the one who is refused.
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
            results = await self._save(acts)
        except Exception as error:
            if len(acts) > 1 and _may_differ(error):
                for act in acts:
                    await self._work([act])
                return
            for act in _waited_for(acts):
                act.result.set_exception(error)
        else:
            given = dict(zip(map(id, acts), results, strict=True))
            for act in _waited_for(acts):
                act.result.set_result(given[id(act)])


def decide_each(acts: Sequence[Act], unit: Unit) -> Sequence[Any]:
    """What each act decides. As long as more must be read first, all of them say what: it is then read at once."""
    results, refusal = list[Any](), None
    for act in acts:
        try:
            results.append(act.decide(Work(unit, act.cause)))
        except Exception as error:
            if not unit.wanted:
                raise
            refusal = refusal or error
    if refusal:
        raise refusal
    return results


def _may_differ(error: Exception) -> bool:
    """Whether one of the acts, alone, may end otherwise: not so where the database is away."""
    return isinstance(error, Contended) or not is_infrastructure(error)


def _waited_for(acts: Sequence[Act]) -> list[Act]:
    return [act for act in acts if not act.result.done()]
