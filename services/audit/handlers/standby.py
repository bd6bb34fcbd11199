"""One of several processes writes the log; the others stand by, and one of them takes over within ten seconds."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

import structlog

from services.audit.domain.standing import Ended, TakenOver
from services.audit.handlers.sequencer import Sequencer
from services.audit.store.lease import Lease
from shared.delivery.failures import error_code, is_infrastructure
from shared.delivery.process import beside

ASK_SECONDS = 1.5

log = structlog.get_logger()


class Standby:
    """Lets a sequencer write for as long as the lease is this process's."""

    def __init__(self, lease: Lease, sequencer: Sequencer, told: Callable[[bool], None] = lambda _writes: None) -> None:
        self._lease = lease
        self._sequencer = sequencer
        self._told = told
        self._has_ended = False

    async def run(self, stop: asyncio.Event) -> None:
        """Runs until it is told to stop, and then lets another take over. Raises `NotToBeSigned`.

        A log that has ended is still read: nobody writes it, and there is nothing to take over.
        """
        while not stop.is_set():
            if not self._has_ended and await self._is_ours():
                await self._write(stop)
            else:
                self._sequencer.turned.beat()
                await _wait(stop)
        if await self._is_ours():
            await self._lease.give_up()

    async def _write(self, stop: asyncio.Event) -> None:
        over = asyncio.Event()
        self._told(True)
        refusal: Exception | None = None
        async with beside(self._keep(stop, over)):
            try:
                await self._sequencer.run(over)
            except TakenOver:
                log.warning("log-taken-over-by-another")
            except Ended:
                self._has_ended = True
                log.info("log-has-ended")
            except Exception as error:
                # Raised below: here it would become a group.
                log.critical("log-writer-ends", error=type(error).__name__, code=error_code(error), exc_info=error)
                refusal = error
        self._sequencer.resign()
        self._told(False)
        if refusal:
            raise refusal

    async def _keep(self, stop: asyncio.Event, over: asyncio.Event) -> None:
        """Keep the lease; without it, or when asked to stop, the sequencer ends its round."""
        while not stop.is_set():
            await _wait(stop)
            if not await self._is_ours():
                break
        over.set()

    async def _is_ours(self) -> bool:
        try:
            return await self._lease.take()
        except Exception as error:
            if not is_infrastructure(error):
                raise
            return False


async def _wait(stop: asyncio.Event) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(ASK_SECONDS):
            await stop.wait()
