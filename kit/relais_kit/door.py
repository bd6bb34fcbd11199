"""The HTTPS door of a Relais, as an integrator's software meets it."""

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx
import orjson
from joserfc import jwt
from joserfc.jwk import ECKey, KeySetSerialization

from relais_kit.base import Json

SUBMITTED, WITHDRAWN = "station.report-submitted.v1", "station.report-withdrawn.v1"
BY_STATEMENT = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
PATIENCE = 30.0


class NotSignedIn(Exception):
    """The issuer gave no token."""


@dataclass(frozen=True)
class SignIn:
    """How the kit signs in at the issuer: by a secret, or by a private key (JWK) whose public half the issuer knows."""

    issuer: str
    client_id: str
    secret: str | None = field(default=None, repr=False)
    key: Json | None = field(default=None, repr=False)

    def token(self) -> str:
        """An access token. Raises `NotSignedIn`."""
        try:
            about = httpx.get(f"{self.issuer}/.well-known/openid-configuration", timeout=PATIENCE).raise_for_status()
            form, basic = self._proof(about.json()["issuer"])
            answer = httpx.post(about.json()["token_endpoint"], data=form, auth=basic, timeout=PATIENCE)
            return str(answer.raise_for_status().json()["access_token"])
        except httpx.HTTPStatusError as error:
            raise NotSignedIn(f"The issuer refuses ({error.response.status_code}).") from None
        except (httpx.HTTPError, KeyError, ValueError) as error:
            raise NotSignedIn(f"No token from {self.issuer}: {type(error).__name__}.") from None

    def _proof(self, issuer: str) -> tuple[dict[str, str], httpx.Auth | None]:
        form = {"grant_type": "client_credentials"}
        if self.key is None:
            return form, httpx.BasicAuth(self.client_id, self.secret or "")
        key, now = ECKey.import_key(self.key), int(time.time())
        said = {"iss": self.client_id, "sub": self.client_id, "aud": issuer, "iat": now, "exp": now + 60}
        signed = jwt.encode({"alg": "ES256", "kid": key.kid}, said | {"jti": secrets.token_hex(16)}, key)
        return form | {"client_assertion_type": BY_STATEMENT, "client_assertion": signed}, None


@dataclass(frozen=True)
class Door:
    """A Relais at one address, signed in."""

    client: httpx.Client
    token: str
    station: str

    @property
    def keys(self) -> KeySetSerialization:
        """The published key set."""
        keys: KeySetSerialization = self.client.get("/.well-known/jwks.json").raise_for_status().json()
        return keys

    def hand_in(
        self,
        data: Any,
        *,
        type_: str = SUBMITTED,
        path: str = "/v1/reports",
        content_type: str = "application/json",
        patience: float = PATIENCE,
    ) -> httpx.Response:
        """One event in binary mode."""
        body = data if isinstance(data, bytes) else orjson.dumps(data)
        headers = {f"ce-{name}": value for name, value in self._attributes(type_).items()}
        return self.post(body, headers | {"content-type": content_type}, path, patience)

    def event(self, data: Any, type_: str = SUBMITTED) -> Json:
        """One event as JSON, for structured mode and batches."""
        return self._attributes(type_) | {"datacontenttype": "application/json", "data": data}

    def post(
        self, body: bytes, headers: dict[str, str], path: str = "/v1/reports", patience: float = PATIENCE
    ) -> httpx.Response:
        """Any body."""
        return self.client.post(path, content=body, headers=headers | self.signed_in, timeout=patience)

    def get(self, path: str) -> httpx.Response:
        """What is followed."""
        return self.client.get(path, headers=self.signed_in)

    @property
    def signed_in(self) -> dict[str, str]:
        """The header that says who asks."""
        return {"authorization": f"Bearer {self.token}"}

    def _attributes(self, type_: str) -> dict[str, str]:
        source = f"/stations/kit/{self.station}"
        return {"specversion": "1.0", "id": str(uuid4()), "source": source, "type": type_}


@contextmanager
def opened(url: str, token: str, station: str) -> Iterator[Door]:
    """A door, for as long as it is needed."""
    with httpx.Client(base_url=url, timeout=PATIENCE) as client:
        yield Door(client, token, station)
