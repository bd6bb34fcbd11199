"""The local issuer's pages: discovery, its public keys, and the door where tokens are asked for."""

import secrets
import time
from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import parse_qsl

from authlib.oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749 import ClientMixin, OAuth2Request
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from authlib.oauth2.rfc6750 import BearerTokenGenerator
from joserfc import jwt
from joserfc.jwk import KeySet, OKPKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from deploy.local.issuer.clients import BY_KEY, BY_SECRET, ClientCredentialsGrant, KeyAssertion, OAuthClient
from deploy.local.issuer.config import IssuerConfig

ALGORITHM = "Ed25519"


class TokenRequest(OAuth2Request):
    """A request for a token, with its form already read."""

    def __init__(self, uri: str, headers: Mapping[str, str], form: dict[str, str]) -> None:
        super().__init__("POST", uri, headers=headers)
        self.payload = BasicOAuth2Payload(form)
        self._form = form

    @property
    def form(self) -> dict[str, str]:
        """What was posted."""
        return self._form


class AccessTokens(BearerTokenGenerator):
    """Access tokens as RFC 9068 describes them, with the client's roles.

    Authlib's own generator for them leaves joserfc no choice but its recommended algorithms, which lack Ed25519.
    """

    def __init__(self, config: IssuerConfig) -> None:
        super().__init__(self._sign, expires_generator=lambda _client, _grant_type: config.lifetime)
        self._config, self._key = config, OKPKey.import_key(dict(config.key))

    def _sign(self, *, client: ClientMixin, grant_type: str, user: Any, scope: str) -> str:
        now, known = int(time.time()), cast("OAuthClient", client)
        claims = {
            "iss": self._config.address,
            "sub": known.client.client_id,
            "aud": self._config.audience,
            "client_id": known.client.client_id,
            "iat": now,
            "exp": now + self._config.lifetime,
            "jti": secrets.token_urlsafe(16),
            "roles": list(known.client.roles),
        }
        header = {"alg": ALGORITHM, "typ": "at+jwt", "kid": self._key.kid}
        return jwt.encode(header, claims, self._key, algorithms=[ALGORITHM])


class Issuer(AuthorizationServer):
    """Authlib's authorisation server on Starlette."""

    def __init__(self, config: IssuerConfig) -> None:
        super().__init__()
        self._clients = {client.client_id: OAuthClient(client) for client in config.clients}
        self.register_token_generator("default", AccessTokens(config))
        self.register_client_auth_method(BY_KEY, KeyAssertion([config.address, f"{config.address}/token"]))
        self.register_grant(ClientCredentialsGrant)

    def query_client(self, client_id: str) -> OAuthClient | None:  # type: ignore[override] # Authlib wants None too
        """The client of this id."""
        return self._clients.get(client_id)

    def save_token(self, token: Mapping[str, Any], request: OAuth2Request) -> None:
        """Nothing is kept: a token proves itself, and lives a few minutes."""

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Nobody listens."""

    def create_oauth2_request(self, request: OAuth2Request) -> OAuth2Request:
        """The request comes in Authlib's form already."""
        return request

    def handle_response(self, status: int, body: Any, headers: Any) -> Response:
        """The answer in Starlette's form."""
        return JSONResponse(body, status, dict(headers))


def build_issuer(config: IssuerConfig) -> Starlette:
    """The issuer's pages."""
    issuer, keys = Issuer(config), KeySet([OKPKey.import_key(dict(config.key))]).as_dict(private=False)

    async def discovery(_request: Request) -> Response:
        return JSONResponse(_metadata(config.address))

    async def jwks(_request: Request) -> Response:
        return JSONResponse(keys)

    async def token(request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode(errors="replace")))
        # The stubs do not know that the answer is what `handle_response` makes.
        return cast("Response", issuer.create_token_response(TokenRequest(str(request.url), request.headers, form)))

    return Starlette(
        routes=[
            Route("/.well-known/openid-configuration", discovery),
            Route("/.well-known/oauth-authorization-server", discovery),
            Route("/jwks", jwks),
            Route("/token", token, methods=["POST"]),
        ]
    )


def _metadata(address: str) -> dict[str, Any]:
    """RFC 8414; only what is here is promised."""
    return {
        "issuer": address,
        "jwks_uri": f"{address}/jwks",
        "token_endpoint": f"{address}/token",
        "grant_types_supported": [ClientCredentialsGrant.GRANT_TYPE],
        "response_types_supported": ["none"],
        "token_endpoint_auth_methods_supported": [*BY_SECRET, BY_KEY],
        "token_endpoint_auth_signing_alg_values_supported": ["ES256", "RS256"],
    }
