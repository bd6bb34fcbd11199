"""Finds the one item that fails: what can't be done together is done by halves, down to a single one."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from shared.delivery.failures import Retry, triage

T = TypeVar("T")
R = TypeVar("R")


async def by_halves(
    items: Sequence[T],
    together: Callable[[Sequence[T]], Awaitable[Sequence[R]]],
    alone: Callable[[T, Exception], Awaitable[R]],
) -> list[R]:
    """One result an item, in order; `alone` decides about an item that fails by itself.

    Raises what no smaller number can mend: a server is away.
    """
    try:
        return list(await together(items))
    except Exception as error:
        if triage(error) is Retry.UNCHANGED:
            raise
        if len(items) == 1:
            return [await alone(items[0], error)]
    middle = len(items) // 2
    return [
        *await by_halves(items[:middle], together, alone),
        *await by_halves(items[middle:], together, alone),
    ]
