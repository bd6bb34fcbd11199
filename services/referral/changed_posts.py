"""What follows when posts have changed: cases move, stations are told. It goes on after the act was answered."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable

import structlog

from shared.delivery.periodic import ItemsFailed, end_if_asked, reasons

log = structlog.get_logger()

Move = Callable[[str], Awaitable[object]]
Tell = Callable[[str, Iterable[str]], Awaitable[object]]


class ChangedPosts:
    """Does it post by post, in the background. What a restart loses is done by the periodic jobs.

    `move` gives the cases of a post to others that nobody has accepted and whose ISCG will not be there; `tell` tells
    the stations that a post covers, and those that it covered before, of their presences.
    """

    def __init__(self, move: Move, tell: Tell) -> None:
        self._move, self._tell = move, tell
        self._waiting = asyncio.Queue[tuple[str, tuple[str, ...]]]()

    def add(self, post_id: str, covered_before: Iterable[str]) -> None:
        """Have it done for a post that has changed."""
        self._waiting.put_nowait((post_id, tuple(covered_before)))

    async def run(self) -> None:
        """Do it for each post that is added, until cancelled."""
        while True:
            post_id, stations = await self._waiting.get()
            await self._do(self._move(post_id), post_id)
            await self._do(self._tell(post_id, stations), post_id)
            end_if_asked()

    async def _do(self, step: Awaitable[object], post_id: str) -> None:
        try:
            await step
        except ItemsFailed:
            # Each was logged; the periodic job tries them again, and tells of it by its metric.
            return
        except Exception as error:
            log.error("item-failed", what="follow-changed-post", aggregate=post_id, **reasons(error))
