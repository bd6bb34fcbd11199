"""What an issuer asks intake: by which keys an integrator that the registry knows is told from others."""

from typing import Any

from fastapi import APIRouter

from services.intake.http.openapi import PUBLIC
from services.intake.http.patience import patiently
from services.intake.store import INTEGRATORS
from shared.delivery.delivery import Delivery
from shared.delivery.shelf import Database
from shared.web.problems import NOT_FOUND, Problem


def integrator_doors(delivery: Delivery) -> APIRouter:
    """The public keys of integrators, for an issuer that takes them by address (`jwks_uri`, RFC 7591)."""
    router = APIRouter(tags=["contract"])

    @router.get("/v1/integrators/{code}/jwks.json", **PUBLIC)
    async def publish_integrator_keys(code: str) -> dict[str, Any]:
        """The public keys with which an integrator signs in at the issuer. An issuer asks again: they rotate."""
        return {"keys": await patiently(_keys(delivery.database, code))}

    return router


async def _keys(database: Database, code: str) -> list[dict[str, str]]:
    found = await database[INTEGRATORS.name].find_one({"_id": code, "closed": {"$ne": True}})
    if found is None:
        raise Problem(NOT_FOUND)
    return [key.jwk() for key in INTEGRATORS.state(found).keys or ()]
