"""Puts the doors of one service together: routes behind the guard, refusals as problems, limits, watching."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import uvicorn
from fastapi import APIRouter, Depends, FastAPI
from starlette.types import ASGIApp

from shared.addresses import listening
from shared.watch.health import Health, health_router
from shared.watch.metrics import Metrics
from shared.watch.traces import Tracing
from shared.web.connections import connections_of
from shared.web.crowd import Crowd
from shared.web.doors import Doors
from shared.web.limits import BodyLimits
from shared.web.methods import HeadAsGet
from shared.web.problems import KINDS, NOT_FOUND, Problem
from shared.web.refusals import say_refusals
from shared.web.safe_headers import SafeHeaders
from shared.web.watched import Watched

BACKLOG = 2048


def build_front(doors: Doors, metrics: Metrics, tracing: Tracing, health: Health, *routers: APIRouter) -> FastAPI:
    """All doors of one service. Raises `UnlistedDoor` if a route is not in the role table."""
    app = FastAPI(
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        dependencies=[Depends(doors.guard)],
    )
    for router in (health_router(health), _problems, *routers):
        app.include_router(router)
    doors.check_listed(app)
    say_refusals(app)
    app.add_middleware(HeadAsGet)
    app.add_middleware(Crowd)
    app.add_middleware(BodyLimits, doors.admits)
    app.add_middleware(Watched, metrics, tracing)
    app.add_middleware(SafeHeaders)
    return app


@asynccontextmanager
async def serve(
    app: ASGIApp, host: str, port: int, tls: ssl.SSLContext | None = None, most_of_an_address: int | None = None
) -> AsyncIterator[int]:
    """Keep the doors open meanwhile, and tell at which port. In clear without `tls`; so many
    connections of one address, where that is said. Raises `CannotListen`.

    On leaving, requests that are being answered are answered.
    """
    with listening("RELAIS_HTTP_PORT", host, port):
        opened = socket.create_server((host, port), backlog=BACKLOG)
    with opened:
        server = _Server(
            uvicorn.Config(
                app,
                log_config=None,
                access_log=False,
                lifespan="off",
                ws="none",
                server_header=False,
                proxy_headers=False,
                http=connections_of(most_of_an_address),
                backlog=BACKLOG,
                ssl_context_factory=None if tls is None else lambda _config, _default: tls,
                timeout_graceful_shutdown=10,
            )
        )
        serving = asyncio.create_task(server.serve([opened]))
        try:
            yield opened.getsockname()[1]
        finally:
            server.should_exit = True
            await serving


class _Server(uvicorn.Server):
    """Leaves signals to the service, which has more to finish than its doors."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


_problems = APIRouter(tags=["problems"])


@_problems.get("/problems/{code}")
async def explain(code: str) -> dict[str, Any]:
    """Explain a refusal to whoever follows a problem's `type`."""
    if code not in KINDS:
        raise Problem(NOT_FOUND)
    return KINDS[code].document()
