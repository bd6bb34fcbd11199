"""An SMS gateway on loopback that answers as a test wishes, and keeps what it was asked."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from fastapi import FastAPI, Request, Response

from shared.web.front import serve
from tests.notification.sink import PATIENCE

TAKEN = Response('{"message_id": "m-1"}', 202, media_type="application/json")


@dataclass
class Provider:
    """What it was asked. `answers` are given first, one a message: a response, or "hang"; then it takes whatever comes.

    While it is `held` it takes messages and answers nobody.
    """

    answers: list[Response | str] = field(default_factory=list)
    asked: list[tuple[dict[str, str], dict[str, Any]]] = field(default_factory=list)
    free: asyncio.Event = field(default_factory=asyncio.Event)
    port: int = 0
    held: int = 0

    def __post_init__(self) -> None:
        self.free.set()

    @property
    def address(self) -> str:
        """Where messages are posted."""
        return f"http://127.0.0.1:{self.port}/messages"

    @property
    def settings(self) -> dict[str, str]:
        """How a notification process is told to use it."""
        return {"RELAIS_SMS_GATEWAY": self.address, "RELAIS_SMS_KEY": "k" * 32, "RELAIS_SMS_ANYWHERE": "true"}

    def texts(self, number: str) -> list[str]:
        """What was to be written to this number so far."""
        return [body["text"] for _, body in self.asked if body["to"] == number]

    async def wait_for(self, number: str, count: int = 1) -> list[str]:
        """The same, once it is as much as this."""
        async with asyncio.timeout(PATIENCE):
            while True:
                if len(found := self.texts(number)) >= count:
                    return found
                await asyncio.sleep(0.05)

    @asynccontextmanager
    async def open(self) -> AsyncIterator["Provider"]:
        """Answer for as long as the block lasts."""
        app = FastAPI()
        app.post("/messages")(self._take)
        async with serve(app, "127.0.0.1", 0) as self.port:
            yield self

    async def _take(self, request: Request) -> Response:
        self.asked.append((dict(request.headers), await request.json()))
        self.held += 1
        answer = self.answers.pop(0) if self.answers else TAKEN
        if answer == "hang":
            await asyncio.sleep(PATIENCE)
        await self.free.wait()
        self.held -= 1
        return Response() if isinstance(answer, str) else answer
