"""Access tokens (RFC 9068): signed by the issuer, meant for us, valid now, and nothing else is believed."""

import re
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

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
OPEN_TYPES, OPEN_MEMBERS = (*TYPES, "jwt"), {"x5t", "x5t#S256"}
"""What issuers send that do not know RFC 9068, such as Keycloak and Entra ID. A thumbprint brings no key."""
OF_AN_ID_TOKEN = ("nonce", "at_hash", "c_hash")
Profile = Literal["rfc9068", "jwt"]
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
    acr: str | None = None
    amr: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TokenTerms:
    """Which tokens of the issuer are meant for us. `profile` `jwt`: also of issuers that do not know RFC 9068."""

    audience: str
    longest_life: int = 3600
    longest_age: int = 3600
    scope: str | None = None
    profile: Profile = "rfc9068"


class Tokens:
    """Checks the tokens of one issuer, on our terms."""

    def __init__(self, keys: IssuerKeys, terms: TokenTerms, clock: Callable[[], float] = time.time) -> None:
        self._keys, self._terms, self._clock = keys, terms, clock
        self._signed: Remembered[tuple[Key, Claims]] = Remembered(TOKENS_KEPT)

    async def check(self, text: str) -> Token:
        """What the token says. Raises `TokenRefused`, or `IssuerAway` where its key cannot be looked up."""
        header = _header(text, self._terms.profile)
        try:
            key = await self._keys.find(header["kid"])
        except UnknownKey:
            raise TokenRefused("unknown-key") from None
        algorithm = algorithm_of(key)
        if algorithm is None or header["alg"] != algorithm:
            raise TokenRefused("wrong-algorithm")
        claims = self._claims(text, key, algorithm)
        self._check_claims(claims)
        return _token(claims, self._terms.profile)

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
            aud={"essential": True, "value": self._terms.audience},
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
        self._check_time(claims["iat"], claims["exp"])
        if self._terms.scope is not None and self._terms.scope not in _scopes(claims):
            raise TokenRefused("wrong-scope")
        if self._terms.profile == "jwt" and _is_for_a_client(claims):
            raise TokenRefused("id-token")

    def _check_time(self, issued: float, ends: float) -> None:
        if ends - issued > self._terms.longest_life:
            raise TokenRefused("lives-too-long")
        if self._clock() - issued > self._terms.longest_age + LEEWAY_SECONDS:
            raise TokenRefused("too-old")

    def _check_sign_in(self, auth_time: object) -> None:
        if type(auth_time) is not int or not 0 <= auth_time <= self._clock() + LEEWAY_SECONDS:
            raise TokenRefused("wrong-claims")


def _signed(text: str, key: Key, algorithm: str) -> Claims:
    """What the issuer has signed with this key."""
    try:
        return jwt.decode(text, key, algorithms=[algorithm]).claims
    except (JoseError, ValueError, RecursionError):
        raise TokenRefused("bad-signature") from None


def _header(text: str, profile: Profile) -> Mapping[str, str]:
    if len(text) > MOST_CHARACTERS:
        raise TokenRefused("too-long")
    if not COMPACT.fullmatch(text):
        raise TokenRefused("malformed")
    try:
        header, _claims, _signature = map(_decode, text.split("."))
        members = orjson.loads(header)
    except ValueError:
        raise TokenRefused("malformed") from None
    types, more = (OPEN_TYPES, OPEN_MEMBERS) if profile == "jwt" else (TYPES, set[str]())
    if not isinstance(members, dict) or members.keys() - more != HEADER_MEMBERS:
        raise TokenRefused("wrong-header")
    if not all(isinstance(value, str) for value in members.values()) or members["typ"].lower() not in types:
        raise TokenRefused("wrong-header")
    return members


def _decode(part: str) -> bytes:
    """Raises `ValueError` also where other letters would decode to the same bytes: one token, one text."""
    decoded = urlsafe_b64decode(part + "=" * (-len(part) % 4))
    if urlsafe_b64encode(decoded).rstrip(b"=").decode() != part:
        raise ValueError
    return decoded


def _is_for_a_client(claims: Mapping[str, Any]) -> bool:
    """Whether a token of type `JWT` is no access token: one for a client, or as Keycloak says in a claim `typ`."""
    return any(each in claims for each in OF_AN_ID_TOKEN) or claims.get("typ", "Bearer") != "Bearer"


def _scopes(claims: Mapping[str, Any]) -> list[str]:
    """What the client may do: `scope` of RFC 9068, or `scp` as Entra ID says it."""
    told = claims.get("scope", claims.get("scp"))
    return told.split(" ") if isinstance(told, str) else []


def _token(claims: Mapping[str, Any], profile: Profile) -> Token:
    roles, amr, acr = claims.get("roles", []), claims.get("amr", []), claims.get("acr")
    # Whoever does not know RFC 9068 names the client as OpenID Connect does.
    client_id = claims.get("client_id", claims.get("azp", "") if profile == "jwt" else "")
    if not (_are_texts(roles) and _are_texts(amr) and isinstance(client_id, str) and isinstance(acr, str | None)):
        raise TokenRefused("wrong-claims")
    return Token(claims["iss"], claims["sub"], client_id, tuple(roles), claims.get("auth_time"), acr, tuple(amr))


def _are_texts(claim: object) -> bool:
    return isinstance(claim, list) and all(isinstance(each, str) for each in claim)
