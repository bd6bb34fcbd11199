"""What vendors build on, published by the service that keeps it: keys, OpenAPI, AsyncAPI, JSON Schemas."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from fastapi import APIRouter, Depends, Response

from services.intake.http.openapi import PUBLIC, openapi
from shared.contracts.asyncapi import asyncapi
from shared.contracts.schemas import schemas
from shared.vault.ring import Ring
from shared.web.problems import NOT_FOUND, Problem

KEPT = "public, max-age=3600"
FOR_VENDORS = "station."
"""How the names of schemas begin that are told to everybody; the others are between our services."""


def published_doors(ring: Ring, routers: Sequence[APIRouter]) -> APIRouter:
    """Doors to the keys, to the documents of these routers' doors, and of the topics. They are open to everybody."""
    router = APIRouter(tags=["contract"], dependencies=[Depends(_may_be_kept)])
    described = cache(lambda: openapi([route for each in (*routers, router) for route in each.routes]))
    topics, every = cache(asyncapi), cache(schemas)

    @router.get("/.well-known/jwks.json", **PUBLIC)
    async def publish_keys() -> dict[str, Any]:
        """The keys to seal reports with, and to check receipts with."""
        return dict(ring.public())

    @router.get("/v1/openapi.json", **PUBLIC)
    async def publish_openapi() -> dict[str, Any]:
        """These doors, as OpenAPI."""
        return described()

    @router.get("/v1/asyncapi.json", **PUBLIC)
    async def publish_asyncapi() -> dict[str, Any]:
        """The topics for vendors, as AsyncAPI."""
        return topics()

    @router.get("/v1/schemas/{name}", **PUBLIC)
    async def publish_schema(name: str) -> dict[str, Any]:
        """One JSON Schema, by the name of what it describes, such as `station.receipt-issued.v1`."""
        found = every().get(name) if name.startswith(FOR_VENDORS) else None
        if found is None:
            raise Problem(NOT_FOUND)
        return found

    return router


async def _may_be_kept(answer: Response) -> None:
    answer.headers["cache-control"] = KEPT
