"""Asks whoever comes while too many are being answered to come again, before everybody waits too long."""

from starlette.types import ASGIApp, Receive, Scope, Send

from shared.web.problems import unavailable

MOST_AT_ONCE = 200
ALWAYS = ("/livez",)
"""Whether the process lives is answered in any crowd."""


class Crowd:
    """Lets in so many requests at once, and no more. An ASGI middleware, behind which bodies have been read.

    Those who only hold a connection, or drip a body in, take no place.
    """

    def __init__(self, app: ASGIApp, most: int = MOST_AT_ONCE) -> None:
        self._app, self._most, self._inside = app, most, 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] != "http" or scope["path"] in ALWAYS:
            return await self._app(scope, receive, send)
        if self._inside >= self._most:
            return await unavailable(1).response()(scope, receive, send)
        self._inside += 1
        try:
            return await self._app(scope, receive, send)
        finally:
            self._inside -= 1
