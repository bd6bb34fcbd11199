"""An issuer with real keys and without a network, and the doors that believe it."""

import time
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import httpx
import orjson
from fastapi import APIRouter, FastAPI
from joserfc import jwt
from joserfc.jwk import Key, OKPKey
from pydantic import BaseModel, ConfigDict

from shared.watch.health import Health
from shared.watch.metrics import Metrics
from shared.watch.traces import start_tracing
from shared.web.doors import Doors, SignIn, Who
from shared.web.fair_share import FairShare
from shared.web.front import build_front
from shared.web.issuer import IssuerAway, IssuerKeys
from shared.web.problems import NOT_FOUND, Problem
from shared.web.tokens import Tokens, TokenTerms

ISSUER = "https://issuer.example"
SECRET = b"s" * 32
NAME = "Zoé Lacanary"
CASE = "/v1/cases/01890a5d-ac96-774b-bcce-b302099a8057"


class FakeIssuer:
    """Signs tokens, publishes keys, can be away, and counts how often it is asked."""

    def __init__(self) -> None:
        self.key: Key = OKPKey.generate_key("Ed25519", parameters={"kid": "one"})
        self.published: list[Mapping[str, Any]] = [self.key.as_dict(private=False)]
        self.name, self.keys_at = ISSUER, f"{ISSUER}/jwks"
        self.away = False
        self.asked = 0

    async def fetch(self, url: str) -> bytes:
        self.asked += 1
        if self.away:
            raise IssuerAway
        if url == f"{ISSUER}/.well-known/openid-configuration":
            return orjson.dumps({"issuer": self.name, "jwks_uri": self.keys_at})
        return orjson.dumps({"keys": self.published})

    def keys(self) -> IssuerKeys:
        return IssuerKeys(ISSUER, self.fetch)

    def tokens(self, **terms: Any) -> Tokens:
        return Tokens(self.keys(), TokenTerms(**({"audience": "relais"} | terms)))


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


def a_front(
    issuer: FakeIssuer,
    *routers: APIRouter,
    service: str = "referral",
    sign_in: SignIn | None = None,
    share: FairShare | None = None,
) -> FastAPI:
    """The doors of a service, as in production."""
    doors = Doors(service, issuer.tokens(), SECRET, sign_in, share)
    return build_front(doors, Metrics(service), start_tracing(service, "one"), Health({}), *routers)


def a_client(app: FastAPI) -> httpx.AsyncClient:
    """A client that gets the answer also where the app raised, as one behind a real server does."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://service")


class Opening(BaseModel):
    model_config = ConfigDict(extra="forbid")

    purpose: str
    days: int = 0


def referral_router() -> APIRouter:
    router = APIRouter()

    @router.get("/v1/cases/{case_id}")
    async def read(case_id: UUID, who: Who, limit: int = 1) -> dict[str, str]:
        if case_id.int == 0:
            raise Problem(NOT_FOUND)
        if case_id.int == 1:
            raise ValueError(NAME)
        return {"authid": str(who.authid), "role": who.role, "client": who.client_id}

    @router.post("/v1/cases/{case_id}/openings")
    async def open_identity(case_id: UUID, opening: Opening, who: Who) -> dict[str, str]:
        return {"purpose": opening.purpose}

    return router


async def asked(
    method: str, path: str, issuer: FakeIssuer | None = None, roles: tuple[str, ...] = ("iscg",), **sent: Any
) -> httpx.Response:
    issuer = issuer or FakeIssuer()
    headers = {"authorization": f"Bearer {a_token(issuer, roles=list(roles))}"} | sent.pop("headers", {})
    async with a_client(a_front(issuer, referral_router())) as client:
        return await client.request(method, path, headers=headers, **sent)


def problem(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    document = answer.json()
    assert document["status"] == answer.status_code
    return answer.status_code, document["type"].removeprefix("/problems/")
