"""The doors of a service whose servers are away: it lives, is not ready, and asks whoever comes to come again."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.responses import JSONResponse

from shared.settings import ServiceSettings
from shared.watch.health import Health, health_router
from shared.web.front import serve
from shared.web.problems import unavailable
from shared.web.safe_headers import SafeHeaders


@asynccontextmanager
async def waiting_doors(settings: ServiceSettings) -> AsyncIterator[None]:
    """Answer probes until the block is left. Raises `CannotListen`."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.add_middleware(SafeHeaders)
    app.include_router(health_router(Health({"servers": _never}, who=settings.who())))
    app.add_api_route("/{path:path}", _come_again, methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
    async with serve(app, settings.http_host, settings.http_port, settings.tls(), settings.most_of_an_address()):
        yield


async def _never() -> bool:
    return False


async def _come_again() -> JSONResponse:
    return unavailable().response()
