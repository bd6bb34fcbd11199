"""Lets in whom the role table lets in: every route is shut unless the table opens it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import structlog
from fastapi import Depends, FastAPI, Request
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.datastructures import Headers
from starlette.types import Scope

from shared.contracts.ids import authid
from shared.web.fair_share import FairShare
from shared.web.issuer import IssuerAway
from shared.web.limits import DROPPED
from shared.web.problems import ROLE_NOT_ALLOWED, Problem, not_signed_in, stronger_sign_in, unavailable
from shared.web.roles import SOFTWARE, Door, Role, find_door
from shared.web.tokens import Token, TokenRefused, Tokens

log = structlog.get_logger()


class UnlistedDoor(Exception):
    """A route is not in the role table: list it in `shared/web/roles.py` before it may open."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who came in: by an opaque id, as which client, in the role that opened this door."""

    authid: UUID
    role: Role
    client_id: str
    signed_in_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SignIn:
    """How people must have signed in: one of these classes (`acr`), by all of these methods (`amr`)."""

    acr: tuple[str, ...] = ()
    amr: tuple[str, ...] = ()

    def suffices(self, token: Token) -> bool:
        """Whether somebody has signed in so."""
        return (not self.acr or token.acr in self.acr) and set(self.amr) <= set(token.amr)


class Doors:
    """The guard of all doors of one service."""

    def __init__(
        self, service: str, tokens: Tokens, secret: bytes, sign_in: SignIn | None = None, share: FairShare | None = None
    ) -> None:
        self._service, self._tokens, self._secret = service, tokens, secret
        self._sign_in, self._share = sign_in or SignIn(), share

    async def guard(self, request: Request) -> None:
        """Let the caller of this request in, or raise the `Problem` that says why not."""
        door = self._door(request.method, request.scope["route"].path)
        if not door.roles:
            return
        token = await self._token(request, door)
        await self._take_share(token, door)
        role = next((role for role in door.roles if role.value in token.roles), None)
        if role is None:
            self._log_refusal(door, "role-not-allowed")
            raise Problem(ROLE_NOT_ALLOWED)
        if role not in SOFTWARE and not self._sign_in.suffices(token):
            self._log_refusal(door, "weak-sign-in")
            raise stronger_sign_in(self._sign_in.acr)
        if request.scope.get(DROPPED):
            # The token is believed now, and was not when its body came in: the issuer was away.
            raise unavailable()
        request.state.caller = _caller(self._secret, token, role)

    async def admits(self, scope: Scope) -> bool:
        """Whether a request comes with a token that we believe; asked before its body is read."""
        given = Headers(scope=scope).getlist("authorization")
        try:
            return bool(given) and bool(await self._tokens.check(_bearer(given)))
        except (TokenRefused, IssuerAway):
            return False

    def check_listed(self, app: FastAPI) -> None:
        """Raise `UnlistedDoor` if a route of this app is not in the table."""
        for method, path in routes_of(app):
            self._door(method, path)

    def _door(self, method: str, path: str) -> Door:
        door = find_door(self._service, method, path)
        if door is None:
            raise UnlistedDoor(f"{self._service} {method} {path}")
        return door

    async def _token(self, request: Request, door: Door) -> Token:
        given = request.headers.getlist("authorization")
        if not given:
            raise not_signed_in()
        try:
            return await self._tokens.check(_bearer(given))
        except TokenRefused as refused:
            self._log_refusal(door, str(refused))
            raise not_signed_in("invalid") from None
        except IssuerAway:
            self._log_refusal(door, "issuer-away")
            raise unavailable() from None

    async def _take_share(self, token: Token, door: Door) -> None:
        if self._share is None:
            return
        try:
            await self._share.take(token.issuer, token.subject)
        except Problem:
            self._log_refusal(door, "too-many-requests")
            raise

    def _log_refusal(self, door: Door, reason: str) -> None:
        log.warning("door-stays-shut", method=door.method, route=door.path, reason=reason)


async def caller(request: Request) -> Caller:
    """Who came in. Only behind doors that have roles: a public door knows nobody."""
    who: Caller = request.state.caller
    return who


Who = Annotated[Caller, Depends(caller)]
"""`async def read(who: Who)`: a handler's argument that says who came in."""


def routes_of(app: FastAPI) -> Iterator[tuple[str, str]]:
    """Method and path of every route of an app. Raises `UnlistedDoor` at one that the guard could not stand before."""
    for route in iter_route_contexts(app.routes):
        if not isinstance(route.original_route, APIRoute):
            raise UnlistedDoor(route.path)
        yield from ((method, str(route.path)) for method in sorted(route.methods or ()))


def _caller(secret: bytes, token: Token, role: Role) -> Caller:
    signed_in_at = datetime.fromtimestamp(token.auth_time, UTC) if token.auth_time is not None else None
    return Caller(authid(secret, token.issuer, token.subject), role, token.client_id, signed_in_at)


def _bearer(given: list[str]) -> str:
    scheme, _, token = given[0].partition(" ")
    if len(given) != 1 or scheme.lower() != "bearer":
        raise TokenRefused("no-bearer")
    return token.strip(" ")
