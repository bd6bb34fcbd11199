"""An issuer with real keys and without a network, and the doors that believe it."""

import time
from collections.abc import Mapping
from typing import Any

import httpx
import orjson
from fastapi import APIRouter, FastAPI
from joserfc import jwt
from joserfc.jwk import Key, OKPKey

from shared.watch.health import Health
from shared.watch.metrics import Metrics
from shared.watch.traces import start_tracing
from shared.web.doors import Doors
from shared.web.front import build_front
from shared.web.issuer import IssuerAway, IssuerKeys
from shared.web.tokens import Tokens

ISSUER = "https://issuer.example"
SECRET = b"s" * 32


class FakeIssuer:
    """Signs tokens, publishes keys, can be away, and counts how often it is asked."""

    def __init__(self) -> None:
        self.key: Key = OKPKey.generate_key("Ed25519", parameters={"kid": "one"})
        self.published: list[Mapping[str, Any]] = [self.key.as_dict(private=False)]
        self.name = ISSUER
        self.away = False
        self.asked = 0

    async def fetch(self, url: str) -> bytes:
        self.asked += 1
        if self.away:
            raise IssuerAway
        if url == f"{ISSUER}/.well-known/openid-configuration":
            return orjson.dumps({"issuer": self.name, "jwks_uri": f"{ISSUER}/jwks"})
        return orjson.dumps({"keys": self.published})

    def keys(self) -> IssuerKeys:
        return IssuerKeys(ISSUER, self.fetch)

    def tokens(self) -> Tokens:
        return Tokens(self.keys(), "relais")


def a_token(issuer: FakeIssuer, key: Key | None = None, header: Mapping[str, Any] | None = None, **claims: Any) -> str:
    """A good token, but for what is given; a claim given as `None` is left out."""
    signing = key or issuer.key
    now = int(time.time())
    said = {
        "iss": ISSUER,
        "sub": "worker-7",
        "aud": "relais",
        "client_id": "station-desk",
        "iat": now,
        "exp": now + 300,
        "jti": "1",
        "roles": ["iscg"],
    } | claims
    top = {"alg": "Ed25519", "typ": "at+jwt", "kid": signing.kid} | dict(header or {})
    kept = {name: value for name, value in said.items() if value is not None}
    return jwt.encode(top, kept, signing, algorithms=[top["alg"]])


def a_front(issuer: FakeIssuer, *routers: APIRouter, service: str = "referral") -> FastAPI:
    """The doors of a service, as in production."""
    doors = Doors(service, issuer.tokens(), SECRET)
    return build_front(doors, Metrics(service), start_tracing(service, "one"), Health({}), *routers)


def a_client(app: FastAPI) -> httpx.AsyncClient:
    """A client that gets the answer also where the app raised, as one behind a real server does."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://service")
