"""What no door takes in, whoever sends it: bodies that are too large, too slow or too deep."""

import asyncio

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.contracts.depth import is_too_deep
from shared.web.problems import TOO_DEEP, TOO_LARGE, TOO_SLOW, Kind, Problem

MOST_BYTES, MOST_BYTES_OF_A_BATCH = 262_144, 1_048_576
BATCH = b"application/cloudevents-batch+json"
SLOWEST_SECONDS = 20.0


class BodyLimits:
    """Reads each body before the door opens, and refuses it there. An ASGI middleware.

    Starlette's own limit says its refusal in plain text, and knows nothing of depth and slowness.
    """

    def __init__(self, app: ASGIApp, most: int = MOST_BYTES, slowest: float = SLOWEST_SECONDS) -> None:
        self._app, self._most, self._slowest = app, most, slowest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        try:
            body = await self._take(receive, MOST_BYTES_OF_A_BATCH if _is_batch(scope) else self._most)
        except ClientDisconnect:
            return None
        if isinstance(body, Kind):
            # What is left of the body must not be read as the next request.
            refusal = Problem(body, {"Connection": "close"}).response()
            return await refusal(scope, receive, send)
        return await self._app(scope, _again(body, receive), send)

    async def _take(self, receive: Receive, most: int) -> bytes | Kind:
        try:
            async with asyncio.timeout(self._slowest):
                body = await _read(receive, most)
        except TimeoutError:
            return TOO_SLOW
        if len(body) > most:
            return TOO_LARGE
        return TOO_DEEP if is_too_deep(body) else body


def _is_batch(scope: Scope) -> bool:
    return any(name == b"content-type" and value.strip().lower().startswith(BATCH) for name, value in scope["headers"])


async def _read(receive: Receive, most: int) -> bytes:
    """The body, or a little more than the most that is allowed of it. Raises `ClientDisconnect` where it was cut."""
    parts: list[bytes] = []
    size, more = 0, True
    while more and size <= most:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        parts.append(message.get("body", b""))
        size, more = size + len(parts[-1]), message.get("more_body", False)
    return b"".join(parts)


def _again(body: bytes, receive: Receive) -> Receive:
    unread = [body]

    async def receive_again() -> Message:
        if unread:
            return {"type": "http.request", "body": unread.pop(), "more_body": False}
        return await receive()

    return receive_again
