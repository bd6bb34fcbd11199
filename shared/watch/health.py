"""Whether a service lives, and whether it is ready to be relied on."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Literal, Protocol

import structlog
from fastapi import APIRouter
from fastapi.responses import JSONResponse

Check = Callable[[], Awaitable[bool]]
Finding = Literal["ok", "failed", "timeout"]

log = structlog.get_logger()


class Pulse:
    """Something that must happen again and again, such as a poll or a turn of the sweeper."""

    def __init__(self, oldest: float = 30.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._oldest, self._clock = oldest, clock
        self._beat_at: float | None = None

    def beat(self) -> None:
        """It happened just now."""
        self._beat_at = self._clock()

    async def is_young(self) -> bool:
        """Whether it has happened, and not too long ago."""
        return self._beat_at is not None and self._clock() - self._beat_at <= self._oldest


class Health:
    """What must hold for a service to be ready; each check is named, bounded in time and run beside the others.

    `who`: the service that answers, since another one may listen where it should.
    """

    def __init__(self, ready: Mapping[str, Check], timeout: float = 2.0, who: Mapping[str, str] | None = None) -> None:
        self._ready, self._timeout = ready, timeout
        self.who = dict(who or {})
        self._last: dict[str, str] = {}

    async def findings(self) -> dict[str, Finding]:
        """What each check finds now."""
        found = await asyncio.gather(*(self._find(name, check) for name, check in self._ready.items()))
        return dict(zip(self._ready, found, strict=True))

    async def _find(self, name: str, check: Check) -> Finding:
        finding, error = await _try(check, self._timeout)
        # A probe asks every few seconds: only what changes is worth a line.
        if self._last.get(name) != finding:
            self._last[name] = finding
            log.info("check-changed", what=name, state=finding, error=error)
        return finding


def health_router(health: Health) -> APIRouter:
    """`/livez`, which depends on nothing but this process, and `/readyz`, which lists every check."""
    router = APIRouter(tags=["health"])

    @router.get("/livez")
    async def is_alive() -> dict[str, str]:
        """Tell that the event loop turns; restart the process where this does not answer."""
        return {"status": "alive"}

    @router.get("/readyz", response_model=dict[str, Any], responses={503: {"description": "not ready"}})
    async def is_ready() -> JSONResponse:
        """Tell whether to send work here, which check says no, and who answers."""
        checks = await health.findings()
        ready = all(finding == "ok" for finding in checks.values())
        body = {"status": "ready" if ready else "not-ready", "checks": checks, **health.who}
        return JSONResponse(body, 200 if ready else 503, {"Cache-Control": "no-store"})

    return router


async def _try(check: Check, seconds: float) -> tuple[Finding, str | None]:
    try:
        async with asyncio.timeout(seconds):
            return ("ok" if await check() else "failed"), None
    except TimeoutError:
        return "timeout", None
    except Exception as error:
        return "failed", type(error).__name__


class Commanded(Protocol):
    """What is needed of a MongoDB database to ask whether it is there."""

    async def command(self, command: str, /) -> Mapping[str, Any]:
        """Run a command and return the server's answer."""
        ...


def database_answers(database: Commanded) -> Check:
    """A check that MongoDB answers."""

    async def answers() -> bool:
        return bool((await database.command("ping"))["ok"])

    return answers
