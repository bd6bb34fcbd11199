"""HTTP methods: HEAD wherever there is GET, and which ones an address has (RFC 9110, sections 9.3.2 and 15.5.6)."""

from fastapi import FastAPI, Request
from fastapi.routing import iter_route_contexts
from starlette.routing import Match
from starlette.types import ASGIApp, Receive, Scope, Send


class HeadAsGet:
    """Answers HEAD as GET, guard and all; the server leaves the body out."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] == "http" and scope["method"] == "HEAD":
            scope = {**scope, "method": "GET"}
        await self._app(scope, receive, send)


def allowed_methods(request: Request) -> str:
    """Every method that the requested address has, as `Allow` names them."""
    app: FastAPI = request.app
    found = set[str]()
    for route in iter_route_contexts(app.routes):
        if route.matches(request.scope)[0] is not Match.NONE:
            found |= route.methods or set()
    return ", ".join(sorted(found | ({"HEAD"} if "GET" in found else set())))
