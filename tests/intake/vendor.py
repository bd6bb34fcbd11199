"""Vendors' software that speaks to a running intake: with a token of a real issuer, or with bytes of its own choice."""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

import httpx
from joserfc import jwt
from joserfc.jwk import ECKey

from deploy.local.issuer.config import Client, IssuerConfig, new_config
from tests.intake.counter import a_clear_report, dumped, event_headers

KEY = ECKey.generate_key("P-256", {"kid": "of-gendarmerie"})
BY_STATEMENT = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def an_issuer(port: int) -> IssuerConfig:
    """An issuer at which the gendarmerie signs in by its key."""
    config = new_config(f"http://127.0.0.1:{port}", {"police": ["integrator"]})
    by_key = Client(client_id="gendarmerie", roles=("integrator",), keys=(KEY.as_dict(private=False),))
    return config.model_copy(update={"clients": (*config.clients, by_key)})


async def a_token(issuer: str) -> str:
    """An access token for a signed statement (private_key_jwt)."""
    now = int(time.time())
    said = {"iss": "gendarmerie", "sub": "gendarmerie", "aud": issuer, "iat": now, "exp": now + 60}
    signed = jwt.encode({"alg": "ES256", "kid": KEY.kid}, said | {"jti": secrets.token_hex(8)}, KEY)
    form = {"grant_type": "client_credentials", "client_assertion_type": BY_STATEMENT, "client_assertion": signed}
    async with httpx.AsyncClient() as client:
        answer = await client.post(f"{issuer}/token", data=form)
        return str(answer.raise_for_status().json()["access_token"])


@dataclass(frozen=True)
class Vendor:
    """Software of the gendarmerie that is signed in."""

    address: str
    token: str
    client: httpx.AsyncClient

    @property
    def port(self) -> int:
        return int(self.address.rpartition(":")[2])

    async def hand_in(self, body: bytes, headers: dict[str, str] | None = None, path: str = "") -> httpx.Response:
        sent = {"authorization": f"Bearer {self.token}"} | (event_headers() if headers is None else headers)
        return await self.client.post(f"{self.address}/v1/reports{path}", content=body, headers=sent)

    async def is_served(self) -> bool:
        """Whether the next good report is taken."""
        answer = await self.hand_in(dumped(a_clear_report()))
        return answer.status_code == 201

    async def follow(self, report_id: str) -> int:
        headers = {"authorization": f"Bearer {self.token}"}
        return (await self.client.get(f"{self.address}/v1/reports/{report_id}", headers=headers)).status_code

    def head(self, length: int | str, **headers: str) -> bytes:
        """The head of a good request, for a body that may never come."""
        named = event_headers() | {"authorization": f"Bearer {self.token}", "content-length": str(length)} | headers
        lines = "".join(f"{name}: {value}\r\n" for name, value in named.items() if value)
        return f"POST /v1/reports HTTP/1.1\r\nhost: intake\r\n{lines}\r\n".encode()

    @asynccontextmanager
    async def connection(
        self, from_address: str = "127.0.0.1"
    ) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, local_addr=(from_address, 0))
        try:
            yield reader, writer
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

    async def say(self, *parts: bytes, patience: float = 5) -> bytes:
        """Send bytes as they are; the first line of the answer, empty where there is none."""
        async with self.connection() as (reader, writer):
            with suppress(ConnectionError, TimeoutError):
                for part in parts:
                    writer.write(part)
                    await writer.drain()
                return await asyncio.wait_for(reader.readline(), patience)
        return b""
