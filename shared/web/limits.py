"""What no door takes in, whoever sends it: bodies that are too large, too slow or too deep, or too many at once."""

import asyncio
from collections.abc import Awaitable, Callable

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.contracts.depth import is_too_deep
from shared.web.problems import TOO_DEEP, TOO_LARGE, TOO_SLOW, UNAVAILABLE, Kind, Problem

MOST_BYTES, MOST_BYTES_OF_A_BATCH = 262_144, 1_048_576
MOST_BYTES_OF_STRANGERS = 16_384
"""Of a body that comes with no token which we believe: enough for a form."""
MOST_HELD, MOST_HELD_OF_STRANGERS = 64 * 2**20, 8 * 2**20
"""Bytes of all bodies that are in memory at once; strangers have a share of their own, so that they take nobody's."""
BATCH = b"application/cloudevents-batch+json"
SLOWEST_SECONDS = 20.0
DROPPED = "relais.body-dropped"
"""The member of a scope that says: there was a body, and a stranger's was too large to be kept."""

Admits = Callable[[Scope], Awaitable[bool]]


class TooMuchHeld(Exception):
    """So much is in memory already that nothing more may come in."""


class Held:
    """How many bytes of bodies are in memory."""

    def __init__(self, most: int) -> None:
        self._most, self.bytes = most, 0

    def take(self, more: int) -> None:
        """So many more are. Raises `TooMuchHeld`."""
        if self.bytes + more > self._most:
            raise TooMuchHeld
        self.bytes += more

    def give(self, less: int) -> None:
        """So many are no more."""
        self.bytes -= less


class BodyLimits:
    """Reads each body before the door opens, and refuses it there. An ASGI middleware.

    `admits` tells whether a request comes with a token that we believe. Of one that does not, no more than a form is
    kept: the rest is read and dropped, so that the refusal reaches whoever sent it.
    Starlette's own limit says its refusal in plain text, and knows nothing of depth and slowness.
    """

    def __init__(self, app: ASGIApp, admits: Admits, most: int = MOST_BYTES, slowest: float = SLOWEST_SECONDS) -> None:
        self._app, self._admits, self._most, self._slowest = app, admits, most, slowest
        self._held, self._held_of_strangers = Held(MOST_HELD), Held(MOST_HELD_OF_STRANGERS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        reading = _Reading(receive)
        try:
            refused = await self._read(scope, reading)
            if refused:
                return await refused.response()(scope, receive, send)
            if reading.is_dropped:
                scope = {**scope, DROPPED: True}
            await self._app(scope, reading.again(), send)
        except ClientDisconnect:
            return None
        finally:
            reading.release()

    async def _read(self, scope: Scope, reading: "_Reading") -> Problem | None:
        """Read the body; why it is refused, if it is. Raises `ClientDisconnect` where it was cut."""
        most = MOST_BYTES_OF_A_BATCH if _is_batch(scope) else self._most
        try:
            async with asyncio.timeout(self._slowest):
                await reading.begin()
                if reading.has_body:
                    known = await self._admits(scope)
                    held = self._held if known else self._held_of_strangers
                    await reading.read(most, most if known else MOST_BYTES_OF_STRANGERS, held)
        except TimeoutError:
            return _closing(TOO_SLOW)
        except TooMuchHeld:
            return Problem(UNAVAILABLE, {"Retry-After": "1", "Connection": "close"})
        if reading.size > most:
            return _closing(TOO_LARGE)
        return _closing(TOO_DEEP) if is_too_deep(reading.body()) else None


class _Reading:
    """One body as it comes in."""

    def __init__(self, receive: Receive) -> None:
        self._receive, self._parts, self._more = receive, list[bytes](), True
        self._held: Held | None = None
        self._kept = self.size = 0
        self.is_dropped = False

    @property
    def has_body(self) -> bool:
        """Whether there is one."""
        return self._more or self.size > 0

    async def begin(self) -> None:
        """Take its first part."""
        await self._next()

    async def read(self, most: int, keep: int, held: Held) -> None:
        """Read it all, or a little more than `most`; a body of more than `keep` bytes is dropped as it comes."""
        self._held = held
        self._account(keep)
        while self._more and self.size <= most:
            await self._next()
            self._account(keep)

    def body(self) -> bytes:
        """What was kept of it."""
        return b"".join(self._parts)

    def release(self) -> None:
        """It is in memory no more."""
        if self._held:
            self._held.give(self._kept)
        self._kept = 0

    def again(self) -> Receive:
        """Gives the body as one message to whoever asks for it."""
        unread = [self.body()]
        self._parts.clear()

        async def receive_again() -> Message:
            if unread:
                return {"type": "http.request", "body": unread.pop(), "more_body": False}
            return await self._receive()

        return receive_again

    async def _next(self) -> None:
        message = await self._receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        part = message.get("body", b"")
        self.size, self._more = self.size + len(part), message.get("more_body", False)
        self._parts.append(part)

    def _account(self, keep: int) -> None:
        if self.size > keep:
            self._parts.clear()
            self.is_dropped = True
            self.release()
        elif self._held:
            self._held.take(self.size - self._kept)
            self._kept = self.size


def _closing(kind: Kind) -> Problem:
    """What is left of the body must not be read as the next request."""
    return Problem(kind, {"Connection": "close"})


def _is_batch(scope: Scope) -> bool:
    return any(name == b"content-type" and value.strip().lower().startswith(BATCH) for name, value in scope["headers"])
