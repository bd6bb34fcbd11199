"""What every answer is sent with, so that browsers keep, guess, frame and run nothing of it."""

from collections.abc import Iterable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

Headers = Iterable[tuple[bytes, bytes]]

SAFE_HEADERS = {
    b"strict-transport-security": b"max-age=63072000",
    b"cross-origin-opener-policy": b"same-origin",
    b"content-security-policy": b"default-src 'none'; frame-ancestors 'none'",
    b"cache-control": b"no-store",
    b"x-content-type-options": b"nosniff",
}
"""A handler that means its answer to be cached, as the log's tiles are, or its page to have a style, sets its own."""


class SafeHeaders:
    """Adds to each answer what it lacks of `SAFE_HEADERS`. An ASGI middleware."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": with_safe(message["headers"])}
            await send(message)

        return await self._app(scope, receive, answer)


def with_safe(headers: Headers) -> list[tuple[bytes, bytes]]:
    """These, and the safe ones that are not among them."""
    given = list(headers)
    names = {name.lower() for name, _ in given}
    return [*given, *((name, value) for name, value in SAFE_HEADERS.items() if name not in names)]
