"""Access tokens (RFC 9068): signed by the issuer, meant for us, valid now, and nothing else is believed."""

import re
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import Key
from joserfc.jwt import JWTClaimsRegistry

from shared.delivery.remembered import Remembered
from shared.web.issuer import IssuerKeys, UnknownKey, algorithm_of

Claims = dict[str, Any]

MOST_CHARACTERS = 8192
LEEWAY_SECONDS = 60
TOKENS_KEPT = 1000
HEADER_MEMBERS = {"alg", "kid", "typ"}
"""No other may come: `jku`, `x5u`, `jwk`, `x5c` would bring their own key, `crit` asks for what we do not know."""
TYPES = ("at+jwt", "application/at+jwt")
COMPACT = re.compile(r"[\w-]+\.[\w-]+\.[\w-]+", re.ASCII)


class TokenRefused(Exception):
    """The token is not one that we believe. The reason is a code for the log; the caller learns only that."""


@dataclass(frozen=True, slots=True)
class Token:
    """What is believed of a token: who, as which client, in which roles, and when they signed in, if that is told."""

    issuer: str
    subject: str
    client_id: str
    roles: tuple[str, ...]
    auth_time: int | None = None


class Tokens:
    """Checks the tokens of one issuer for one audience."""

    def __init__(self, keys: IssuerKeys, audience: str, clock: Callable[[], float] = time.time) -> None:
        self._keys, self._audience, self._clock = keys, audience, clock
        self._signed: Remembered[tuple[Key, Claims]] = Remembered(TOKENS_KEPT)

    async def check(self, text: str) -> Token:
        """What the token says. Raises `TokenRefused`, or `IssuerAway` where its key cannot be looked up."""
        header = _header(text)
        try:
            key = await self._keys.find(header["kid"])
        except UnknownKey:
            raise TokenRefused("unknown-key") from None
        algorithm = algorithm_of(key)
        if algorithm is None or header["alg"] != algorithm:
            raise TokenRefused("wrong-algorithm")
        claims = self._claims(text, key, algorithm)
        self._check_claims(claims)
        return _token(claims)

    def _claims(self, text: str, key: Key, algorithm: str) -> Claims:
        """What is signed. A vendor sends one token with many reports: a signature is checked once a key."""
        by, claims = self._signed.get(text) or (None, {})
        if by is not key:
            claims = _signed(text, key, algorithm)
            self._signed.keep(text, (key, claims))
        return claims

    def _check_claims(self, claims: Claims) -> None:
        registry = JWTClaimsRegistry(
            now=int(self._clock()),
            leeway=LEEWAY_SECONDS,
            iss={"essential": True, "value": self._keys.issuer},
            aud={"essential": True, "value": self._audience},
            sub={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
        )
        if "auth_time" in claims:
            self._check_sign_in(claims["auth_time"])
        try:
            registry.validate(claims)
        except JoseError:
            raise TokenRefused("wrong-claims") from None

    def _check_sign_in(self, auth_time: object) -> None:
        if type(auth_time) is not int or not 0 <= auth_time <= self._clock() + LEEWAY_SECONDS:
            raise TokenRefused("wrong-claims")


def _signed(text: str, key: Key, algorithm: str) -> Claims:
    """What the issuer has signed with this key."""
    try:
        return jwt.decode(text, key, algorithms=[algorithm]).claims
    except (JoseError, ValueError, RecursionError):
        raise TokenRefused("bad-signature") from None


def _header(text: str) -> Mapping[str, str]:
    if len(text) > MOST_CHARACTERS:
        raise TokenRefused("too-long")
    if not COMPACT.fullmatch(text):
        raise TokenRefused("malformed")
    try:
        header, _claims, _signature = map(_decode, text.split("."))
        members = orjson.loads(header)
    except ValueError:
        raise TokenRefused("malformed") from None
    if not isinstance(members, dict) or members.keys() != HEADER_MEMBERS:
        raise TokenRefused("wrong-header")
    if not all(isinstance(value, str) for value in members.values()) or members["typ"].lower() not in TYPES:
        raise TokenRefused("wrong-header")
    return members


def _decode(part: str) -> bytes:
    """Raises `ValueError` also where other letters would decode to the same bytes: one token, one text."""
    decoded = urlsafe_b64decode(part + "=" * (-len(part) % 4))
    if urlsafe_b64encode(decoded).rstrip(b"=").decode() != part:
        raise ValueError
    return decoded


def _token(claims: Mapping[str, Any]) -> Token:
    roles, client_id = claims.get("roles", []), claims.get("client_id", "")
    if (
        not isinstance(roles, list)
        or not isinstance(client_id, str)
        or not all(isinstance(each, str) for each in roles)
    ):
        raise TokenRefused("wrong-claims")
    return Token(claims["iss"], claims["sub"], client_id, tuple(roles), claims.get("auth_time"))
