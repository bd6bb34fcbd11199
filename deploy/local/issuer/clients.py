"""How clients prove who they are, in the terms of Authlib."""

import hmac
import time
from collections.abc import Collection, Mapping
from typing import Any

from authlib.oauth2.rfc6749 import ClientMixin, InvalidClientError
from authlib.oauth2.rfc6749.grants import ClientCredentialsGrant as StandardGrant
from authlib.oauth2.rfc7523 import JWTBearerClientAssertion
from joserfc.jwk import KeySet

from deploy.local.issuer.config import Client

BY_SECRET = ("client_secret_basic", "client_secret_post")
BY_KEY = "private_key_jwt"


class OAuthClient(ClientMixin):
    """One configured client, as Authlib asks about it."""

    def __init__(self, client: Client) -> None:
        self.client = client

    def get_client_id(self) -> str:
        """Whom its tokens name."""
        return self.client.client_id

    def get_allowed_scope(self, scope: Collection[str] | str) -> str:
        """None: what somebody may is told by the role and the roster."""
        return ""

    def check_client_secret(self, client_secret: str) -> bool:
        """Whether it knows the secret."""
        secret = self.client.secret
        return secret is not None and hmac.compare_digest(client_secret.encode(), secret.get_secret_value().encode())

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        """Whether it may prove itself this way."""
        return bool(self.client.keys) if method == BY_KEY else method in BY_SECRET and self.client.secret is not None

    def check_grant_type(self, grant_type: str) -> bool:
        """Whether it may ask for a token this way."""
        return grant_type == StandardGrant.GRANT_TYPE


class ClientCredentialsGrant(StandardGrant):
    """A client asks for a token in its own name (RFC 6749, 4.4)."""

    TOKEN_ENDPOINT_AUTH_METHODS = [*BY_SECRET, BY_KEY]  # noqa: RUF012 # as Authlib declares it


class KeyAssertion(JWTBearerClientAssertion):
    """A client signs a short statement instead of showing a secret (RFC 7523); each statement counts once."""

    CLIENT_AUTH_METHOD = BY_KEY  # type: ignore[misc] # the stubs call final what Authlib's guide overrides

    def __init__(self, audiences: list[str]) -> None:
        super().__init__()
        self._audiences = audiences
        self._used: dict[tuple[str, str], float] = {}

    def get_audiences(self) -> list[str]:
        """Whom the statement must be made to."""
        return self._audiences

    def validate_jti(self, claims: Mapping[str, Any], jti: str) -> bool:
        """Whether this statement is new."""
        now = time.time()
        self._used = {used: until for used, until in self._used.items() if until > now}
        statement = (claims["sub"], str(jti))
        is_new = statement not in self._used
        self._used[statement] = claims["exp"] + self.leeway
        return is_new

    def resolve_client_public_key(self, client: OAuthClient) -> KeySet:
        """What the statement is checked with."""
        if not client.client.keys:
            raise InvalidClientError
        return KeySet.import_key_set({"keys": [dict(key) for key in client.client.keys]})
