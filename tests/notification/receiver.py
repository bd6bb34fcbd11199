"""A partner's software on loopback: it takes messages, verifies them as Standard Webhooks says, or misbehaves."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from fastapi import FastAPI, Request, Response
from standardwebhooks.webhooks import Webhook

from shared.web.front import serve

SLOW_SECONDS = 30.0


@dataclass
class Receiver:
    """What was received. `answers` are given first, one a message: a status, or `slow`, `huge` or `elsewhere`."""

    secret: str
    answers: list[int | str] = field(default_factory=list)
    got: list[tuple[str, Any]] = field(default_factory=list)
    port: int = 0
    elsewhere: int = 0

    @property
    def address(self) -> str:
        """Where messages go."""
        return f"http://127.0.0.1:{self.port}/relais"

    @asynccontextmanager
    async def open(self) -> AsyncIterator["Receiver"]:
        """Answer for as long as the block lasts."""
        app = FastAPI()
        app.post("/relais")(self._take)
        app.post("/elsewhere")(self._take_elsewhere)
        async with serve(app, "127.0.0.1", 0) as self.port:
            yield self

    async def _take_elsewhere(self) -> None:
        self.elsewhere += 1

    async def _take(self, request: Request) -> Response:
        message = Webhook(self.secret).verify(await request.body(), dict(request.headers))
        self.got.append((request.headers["webhook-id"], message))
        answer = self.answers.pop(0) if self.answers else 204
        match answer:
            case "slow":
                await asyncio.sleep(SLOW_SECONDS)
                return Response(status_code=204)
            case "huge":
                return Response(b"x" * 50_000_000)
            case "elsewhere":
                return Response(status_code=307, headers={"Location": "/elsewhere"})
        return Response(status_code=int(answer))
