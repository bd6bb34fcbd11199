"""The issuer's published keys: found by discovery, kept for a while, asked for again when a token names another."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import httpx
import orjson
import structlog
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, JWKRegistry, Key, OKPKey, RSAKey

log = structlog.get_logger()

Fetch = Callable[[str], Awaitable[bytes]]

FRESH_SECONDS, STALE_SECONDS, QUIET_SECONDS = 3600.0, 6 * 3600.0, 10.0
"""Keys are asked for again after an hour, kept for six while the issuer is away, and never asked for more often."""
LEAST_RSA_BITS = 2048
MOST_BYTES = 262_144


class IssuerAway(Exception):
    """The issuer cannot be asked for its keys: nothing can be said about the token."""


class UnknownKey(Exception):
    """The issuer publishes no such key."""


class IssuerKeys:
    """What tokens of one issuer are checked with."""

    def __init__(self, issuer: str, fetch: Fetch, clock: Callable[[], float] = time.monotonic) -> None:
        self.issuer = issuer
        self._fetch, self._clock = fetch, clock
        self._keys: dict[str, Key] = {}
        self._loaded_at = self._tried_at = float("-inf")
        self._turn = asyncio.Lock()

    async def find(self, key_id: str) -> Key:
        """The key of this id. Raises `UnknownKey`, or `IssuerAway` where that cannot be told."""
        if key_id in self._keys and self._is_younger(FRESH_SECONDS):
            return self._keys[key_id]
        await self._refresh()
        if not self._is_younger(STALE_SECONDS):
            raise IssuerAway
        if key_id in self._keys:
            return self._keys[key_id]
        # The last look failed: the key may be a new one.
        if self._loaded_at < self._tried_at:
            raise IssuerAway
        raise UnknownKey

    def _is_younger(self, seconds: float) -> bool:
        return self._clock() - self._loaded_at < seconds

    async def _refresh(self) -> None:
        async with self._turn:
            if self._clock() - self._tried_at < QUIET_SECONDS:
                return
            self._tried_at = self._clock()
            try:
                self._keys = await self._load()
            except (IssuerAway, ValueError, KeyError, TypeError):
                return
            self._loaded_at = self._tried_at

    async def _load(self) -> dict[str, Key]:
        found = orjson.loads(await self._fetch(f"{self.issuer.rstrip('/')}/.well-known/openid-configuration"))
        if found["issuer"] != self.issuer:
            raise IssuerAway
        if not _is_own(self.issuer, found["jwks_uri"]):
            log.warning("issuer-keys-elsewhere")
            raise IssuerAway
        published = orjson.loads(await self._fetch(found["jwks_uri"]))
        return dict(usable_keys(published["keys"]))


def _is_own(issuer: str, keys: str) -> bool:
    """Whether keys come from the issuer's own host, and over TLS as the issuer does: a settings rule sees to that."""
    ours, theirs = urlsplit(issuer), urlsplit(keys)
    return (ours.scheme, ours.hostname) == (theirs.scheme, theirs.hostname)


def algorithm_of(key: Key) -> str | None:
    """The one algorithm that a key may be used with: the token has no say in it."""
    match key:
        case OKPKey() if key.curve_name == "Ed25519":
            return "Ed25519"
        case ECKey() if key.curve_name == "P-256":
            return "ES256"
        case RSAKey() if key.public_key.key_size >= LEAST_RSA_BITS:
            return "RS256"
        case _:
            return None


def fetch_over(client: httpx.AsyncClient) -> Fetch:
    """A fetch over HTTP that follows no redirect, waits five seconds and takes no endless answer."""

    async def fetch(url: str) -> bytes:
        try:
            async with asyncio.timeout(5), client.stream("GET", url, follow_redirects=False) as answer:
                answer.raise_for_status()
                return await _read(answer)
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError):
            raise IssuerAway from None

    return fetch


async def _read(answer: httpx.Response) -> bytes:
    body = b""
    async for part in answer.aiter_bytes():
        body += part
        if len(body) > MOST_BYTES:
            raise IssuerAway
    return body


def usable_keys(published: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, Key]]:
    """Keys for signatures, of the kinds we believe, by `kid`. Others are the business of whoever publishes them."""
    for each in published:
        try:
            key = JWKRegistry.import_key(dict(each))
        except (JoseError, ValueError, KeyError, TypeError):
            continue
        if each.get("kid") and each.get("use", "sig") == "sig" and not key.is_private and algorithm_of(key):
            yield str(each["kid"]), key
