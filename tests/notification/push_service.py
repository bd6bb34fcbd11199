"""A push service on loopback (RFC 8030), and the browser behind it: it checks our signature, and decrypts."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from os import urandom
from typing import Any

import http_ece
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from fastapi import FastAPI, Request, Response
from joserfc import jwt
from joserfc.jwk import ECKey

from shared.web.front import serve


@dataclass
class Browser:
    """What a browser keeps of its subscription."""

    key: EllipticCurvePrivateKey = field(default_factory=lambda: generate_private_key(SECP256R1()))
    auth: bytes = field(default_factory=lambda: urandom(16))

    def subscription(self, endpoint: str) -> str:
        """What it hands over, as JSON."""
        point = self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        keys = {"p256dh": _text(point), "auth": _text(self.auth)}
        return json.dumps({"endpoint": endpoint, "expirationTime": None, "keys": keys})

    def read(self, body: bytes) -> Any:
        """What was meant for it alone."""
        return json.loads(self.read_text(body))

    def read_text(self, body: bytes) -> str:
        """The same, as it came."""
        opened: bytes = http_ece.decrypt(body, private_key=self.key, auth_secret=self.auth, version="aes128gcm")
        return opened.decode()


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
        if not self._is_signed(headers["authorization"]):
            return Response(status_code=403)
        if headers["content-encoding"] != "aes128gcm" or not headers["ttl"].isdecimal():
            return Response(status_code=400)
        self.taken.append((headers, await request.body()))
        return self.answers.pop(0) if self.answers else Response(status_code=201)

    def _is_signed(self, authorization: str) -> bool:
        """RFC 8292: a token of ours for this very service, by the key that stands beside it."""
        scheme, _, parameters = authorization.partition(" ")
        given = dict(each.strip().split("=", 1) for each in parameters.split(","))
        point = urlsafe_b64decode(given["k"] + "=" * (-len(given["k"]) % 4))
        key = ECKey.import_key({"kty": "EC", "crv": "P-256", "x": _text(point[1:33]), "y": _text(point[33:])})
        claims = jwt.decode(given["t"], key, algorithms=["ES256"]).claims
        return scheme == "vapid" and claims["aud"] == self.address and str(claims["sub"]).startswith("mailto:")


def _text(value: bytes) -> str:
    return urlsafe_b64encode(value).rstrip(b"=").decode()
