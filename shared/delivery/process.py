"""A service as a process: what runs beside its lanes, and how it is asked to end."""

import asyncio
import gc
import signal
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import TypeVar

import uvloop

from shared.delivery.ending import ASKED, REFUSALS, Refusals, tell_asked, tell_end
from shared.delivery.servers import servers_away, wait_for_servers
from shared.settings import ServiceSettings, read_settings_or_exit
from shared.watch.logs import announce, start_logging
from shared.web.waiting import waiting_doors

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


def collect_less() -> None:
    """Let the collector of cycles leave alone what lives as long as the process, and look less often at the rest.

    A batch makes many objects and hardly a cycle: with the collector's usual thresholds a quarter of the engine's time
    went into searching them.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


S = TypeVar("S", bound=ServiceSettings)
Run = Callable[[S], Coroutine[None, None, None]]


def run_service(which: type[S], run: Run[S], refusals: Refusals = REFUSALS) -> None:
    """Run a service until it is asked to end. Why it ends is told in one sentence, and by its exit status."""
    settings = read_settings_or_exit(which, f"relais {which.service}")
    start_logging(settings.service, settings.instance, settings.log_level)
    announce(settings)
    collect_less()
    try:
        uvloop.run(_wait_and_run(settings, run))
    except SystemExit:
        raise
    except BaseException as error:
        raise SystemExit(tell_end(settings.service, error, refusals)) from None
    tell_asked(ASKED)


async def _wait_and_run(settings: S, run: Run[S]) -> None:
    _end_if_asked_while_starting()
    if away := await servers_away(settings):
        async with waiting_doors(settings):
            await wait_for_servers(settings, away)
    await run(settings)


def _end_if_asked_while_starting() -> None:
    """Until `stopping` takes the signals over: what is open by then is closed in order."""
    loop = asyncio.get_running_loop()
    if task := asyncio.current_task():
        for each in ASKS_TO_END:
            loop.add_signal_handler(each, task.cancel)
