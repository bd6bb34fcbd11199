"""Requests to servers of others: to public addresses, over TLS, without redirections, bounded in time and size."""

import asyncio
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from ipaddress import ip_address, ip_network
from typing import Any, NamedTuple
from uuid import UUID

import structlog
from httpcore import (
    AnyIOBackend,
    AsyncConnectionPool,
    AsyncNetworkBackend,
    AsyncNetworkStream,
    ConnectError,
    NetworkError,
    ProtocolError,
    Response,
)

from services.notification.domain.notice import Handover

log = structlog.get_logger()
MOST_LINES = 16
LONGEST_ANSWER = 64 * 1024
"""Bytes: whoever answers more is not listened to."""
TRANSLATED = ip_network("64:ff9b::/32")
"""IPv4 addresses behind a translator (RFC 6052, RFC 8215): any of them, private ones too."""


class NotPublic(Exception):
    """An address that is none of the public internet: nothing is sent there."""


class Reply(NamedTuple):
    """What a server has answered. `retry_after`: seconds in which it wants not to be asked again (RFC 9110)."""

    status: int
    body: bytes
    retry_after: float | None = None


class Outward:
    """Posts to servers of others. `anywhere` is for trials: plain HTTP, and private addresses."""

    def __init__(self, timeout: float, *, anywhere: bool = False) -> None:
        self._timeout, self._anywhere = timeout, anywhere
        backend = AnyIOBackend() if anywhere else PublicOnly()
        self._pool = AsyncConnectionPool(max_connections=MOST_LINES, network_backend=backend)

    async def post(self, notice_id: UUID, url: str, headers: Mapping[str, str], body: bytes) -> Reply | Handover:
        """What the server answered, or how it ended without an answer. Never raises for what others do."""
        if not (self._anywhere or url.startswith("https:")):
            log.warning("address-not-public", notice_id=notice_id)
            return Handover.REFUSED
        try:
            async with asyncio.timeout(self._timeout):
                return await self._post(url, headers, body)
        except NotPublic:
            log.warning("address-not-public", notice_id=notice_id)
            return Handover.REFUSED
        except ConnectError as error:
            log.warning("address-not-reached", notice_id=notice_id, error=type(error).__name__)
            return Handover.PUT_OFF
        except (NetworkError, ProtocolError, TimeoutError) as error:
            log.warning("address-cut-off", notice_id=notice_id, error=type(error).__name__)
            return Handover.UNKNOWN

    async def close(self) -> None:
        """Close what is open."""
        await self._pool.aclose()

    async def _post(self, url: str, headers: Mapping[str, str], body: bytes) -> Reply:
        sent = [(name.encode(), value.encode()) for name, value in headers.items()]
        async with self._pool.stream("POST", url, headers=sent, content=body) as response:
            return Reply(response.status, await _read(response), _retry_after(response))


async def _read(response: Response) -> bytes:
    """The answer, as far as anybody needs it."""
    read = b""
    async for chunk in response.aiter_stream():
        read += chunk
        if len(read) > LONGEST_ANSWER:
            return b""
    return read


def _retry_after(response: Response) -> float | None:
    found = next((value for name, value in response.headers if name.lower() == b"retry-after"), b"").decode("latin-1")
    if found.isdecimal():
        return float(found[:6])
    try:
        return max((parsedate_to_datetime(found) - datetime.now(UTC)).total_seconds(), 0.0) if found else None
    except (ValueError, TypeError):
        return None


class PublicOnly(AsyncNetworkBackend):
    """Connects to public addresses only. A name is resolved once: what was looked at is what is connected to."""

    def __init__(self) -> None:
        self._inner = AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 # as httpcore calls it
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> AsyncNetworkStream:
        """A connection. Raises `NotPublic`, `ConnectError`."""
        try:
            found = await asyncio.get_running_loop().getaddrinfo(host, port, proto=6)
        except OSError as error:
            raise ConnectError(type(error).__name__) from None
        addresses = list(dict.fromkeys(str(each[4][0]) for each in found))
        if not addresses or not all(map(is_public, addresses)):
            raise NotPublic
        return await self._inner.connect_tcp(addresses[0], port, timeout, local_address, socket_options)

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await self._inner.sleep(seconds)


def is_public(text: str) -> bool:
    """Whether an address is one of the public internet: no loopback, no private or link-local one, no group."""
    address = ip_address(text)
    if address.version == 6 and address.ipv4_mapped:
        address = address.ipv4_mapped
    return address.is_global and not address.is_multicast and not (address.version == 6 and address in TRANSLATED)
