"""A push service on loopback (RFC 8030) that checks our signature, and answers as a test wishes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from fastapi import FastAPI, Request, Response

from deploy.local.browser import is_signed
from shared.web.front import serve


@dataclass
class PushService:
    """Takes messages of a server that signs as it said it would. `answers` are given first, one a message."""

    answers: list[Response] = field(default_factory=list)
    taken: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    port: int = 0

    @property
    def address(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.port}"

    @asynccontextmanager
    async def open(self) -> AsyncIterator["PushService"]:
        """Answer for as long as the block lasts."""
        app = FastAPI()
        app.post("/push/{device}")(self._take)
        async with serve(app, "127.0.0.1", 0) as self.port:
            yield self

    async def _take(self, request: Request) -> Response:
        headers = dict(request.headers)
        if not is_signed(headers["authorization"], self.address):
            return Response(status_code=403)
        if headers["content-encoding"] != "aes128gcm" or not headers["ttl"].isdecimal():
            return Response(status_code=400)
        self.taken.append((headers, await request.body()))
        return self.answers.pop(0) if self.answers else Response(status_code=201)
