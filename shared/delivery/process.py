"""A service as a process: what runs beside its lanes, and how it is asked to end."""

import asyncio
import gc
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from typing import TypeVar

import structlog
import uvloop

from shared.delivery.migrations import BehindMigrations
from shared.settings import ServiceSettings, read_settings_or_exit
from shared.vault import NotMigrated, UnusableMaster, WrongMaster
from shared.watch.logs import announce, start_logging

log = structlog.get_logger()

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
Refusals = Mapping[type[Exception], int]
REFUSALS: Refusals = {
    BehindMigrations: os.EX_TEMPFAIL,
    NotMigrated: os.EX_TEMPFAIL,
    UnusableMaster: os.EX_CONFIG,
    WrongMaster: os.EX_CONFIG,
}
"""Why a service does not start, and the exit status that says so (sysexits.h)."""


def run_service(which: type[S], run: Callable[[S], Coroutine[None, None, None]], refusals: Refusals = REFUSALS) -> None:
    """Run a service until it is asked to end. What it refuses for is told in one sentence, and by its exit status."""
    settings = read_settings_or_exit(which, f"relais {which.service}")
    start_logging(settings.service, settings.instance, settings.log_level)
    announce(settings)
    collect_less()
    try:
        uvloop.run(run(settings))
    except tuple(refusals) as refusal:
        log.critical("service-refuses", reason=type(refusal).__name__)
        sys.stderr.write(f"relais {settings.service} stops: {refusal}\n")
        status = next(status for kind, status in refusals.items() if isinstance(refusal, kind))
        raise SystemExit(status) from None
