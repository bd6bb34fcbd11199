"""Opens the HTTP doors of a service, with the guard, the health checks and the watching that every service has."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import httpx
from fastapi import APIRouter

from shared.settings import ServiceSettings
from shared.watch.health import Check, Health
from shared.watch.metrics import Metrics
from shared.watch.traces import Tracing
from shared.web.doors import Doors, SignIn
from shared.web.fair_share import FairShare
from shared.web.front import build_front, serve
from shared.web.issuer import IssuerKeys, fetch_over
from shared.web.tokens import Tokens, TokenTerms


@asynccontextmanager
async def answering(
    settings: ServiceSettings, metrics: Metrics, tracing: Tracing, checks: Mapping[str, Check], *routers: APIRouter
) -> AsyncIterator[int]:
    """Answer until the block is left; tells at which port. Raises `UnlistedDoor`, and `CannotListen`."""
    async with httpx.AsyncClient() as client:
        tokens = Tokens(IssuerKeys(settings.issuer, fetch_over(client)), terms_of(settings))
        doors = Doors(
            settings.service,
            tokens,
            settings.authid_secret.get_secret_value().encode(),
            sign_in_of(settings),
            FairShare(settings.requests_per_second),
        )
        front = build_front(doors, metrics, tracing, Health(checks, who=settings.who()), *routers)
        async with serve(
            front, settings.http_host, settings.http_port, settings.tls(), settings.most_of_an_address()
        ) as port:
            yield port


def terms_of(settings: ServiceSettings) -> TokenTerms:
    """Which tokens are believed, as an operator has set it."""
    return TokenTerms(
        audience=settings.audience,
        longest_life=settings.token_life,
        longest_age=settings.token_age,
        scope=settings.scope,
        profile=settings.token_profile,
    )


def sign_in_of(settings: ServiceSettings) -> SignIn:
    """How people must have signed in, as an operator has set it."""
    return SignIn(tuple(settings.sign_in_acr.split()), tuple(settings.sign_in_amr.split()))
