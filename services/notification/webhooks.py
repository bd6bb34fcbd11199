"""Webhooks: messages handed to partners' software, signed as Standard Webhooks says; its answer decides the rest."""

import asyncio
import hmac
from base64 import b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from ipaddress import ip_address, ip_network
from typing import Any
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
)
from standardwebhooks.webhooks import Webhook

from services.notification.domain.notice import Handover

log = structlog.get_logger()
MOST_LINES = 16
GONE = 410
"""By which a receiver says that it wants no more messages there (Standard Webhooks)."""
TRANSLATED = ip_network("64:ff9b::/32")
"""IPv4 addresses behind a translator (RFC 6052, RFC 8215): any of them, private ones too."""


@dataclass(frozen=True, slots=True)
class Call:
    """One message to one partner's software. Its id is the notice's, at each attempt: by it a repetition is told."""

    notice_id: UUID
    ref: str
    to: str = field(repr=False)
    body: str = field(repr=False)


class NotPublic(Exception):
    """An address that is none of the public internet: nothing is sent there."""


def secret_of(secret: str, ref: str) -> str:
    """What a partner's software verifies our signatures with: computed from our own secret, and kept nowhere."""
    key = hmac.digest(secret.encode(), f"relais webhook {ref}".encode(), "sha256")
    return f"whsec_{b64encode(key).decode()}"


class Webhooks:
    """Calls partners' software. Redirections are not followed, and nothing of an answer is read but its status.

    `secrets` are ours, the newest first: while there are two, each message is signed by both, so that receivers change
    theirs when they like. `anywhere` is for trials: plain HTTP, and private addresses.
    """

    def __init__(self, secrets: Sequence[str], timeout: float, *, anywhere: bool = False) -> None:
        self._secrets, self._timeout, self._anywhere = secrets, timeout, anywhere
        backend = AnyIOBackend() if anywhere else PublicOnly()
        self._pool = AsyncConnectionPool(max_connections=MOST_LINES, network_backend=backend)

    async def send(self, call: Call) -> Handover:
        """Hand one message over. Never raises for what the receiver or the network does: it tells how it ended."""
        if not self._secrets or not (self._anywhere or call.to.startswith("https:")):
            log.warning("webhook-not-to-be-called", notice_id=call.notice_id)
            return Handover.REFUSED
        try:
            async with asyncio.timeout(self._timeout):
                status = await self._post(call)
        except NotPublic:
            log.warning("webhook-not-public", notice_id=call.notice_id)
            return Handover.REFUSED
        except ConnectError as error:
            log.warning("webhook-not-reached", notice_id=call.notice_id, error=type(error).__name__)
            return Handover.PUT_OFF
        except (NetworkError, ProtocolError, TimeoutError) as error:
            log.warning("webhook-cut-off", notice_id=call.notice_id, error=type(error).__name__)
            return Handover.UNKNOWN
        if 200 <= status < 300:
            return Handover.TAKEN
        log.warning("webhook-not-taken", notice_id=call.notice_id, status=status)
        return Handover.REFUSED if status == GONE else Handover.PUT_OFF

    async def close(self) -> None:
        """Close what is open."""
        await self._pool.aclose()

    async def _post(self, call: Call) -> int:
        headers = self._signed(call) | {"content-type": "application/json"}
        async with self._pool.stream("POST", call.to, headers=headers, content=call.body.encode()) as response:
            return response.status

    def _signed(self, call: Call) -> dict[bytes | str, bytes | str]:
        id_, at = str(call.notice_id), datetime.now(UTC)
        keys = (Webhook(secret_of(each, call.ref)) for each in self._secrets)
        signatures = " ".join(key.sign(id_, at, call.body) for key in keys)
        return {
            "webhook-id": id_,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": signatures,
        }


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
