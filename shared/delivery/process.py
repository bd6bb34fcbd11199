"""A service as a process: what runs beside its lanes, and how it is asked to end."""

import asyncio
import signal
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager

ASKS_TO_END = (signal.SIGTERM, signal.SIGINT)


@asynccontextmanager
async def beside(*endless: Coroutine[None, None, None]) -> AsyncIterator[None]:
    """Run these for as long as the block lasts. One that fails ends the block: it must not die unnoticed."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(each) for each in endless]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()


@contextmanager
def stopping() -> Iterator[asyncio.Event]:
    """Set as soon as somebody asks this process to end."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for each in ASKS_TO_END:
        loop.add_signal_handler(each, stop.set)
    try:
        yield stop
    finally:
        for each in ASKS_TO_END:
            loop.remove_signal_handler(each)
