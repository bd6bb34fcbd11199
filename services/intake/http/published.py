"""What vendors build on, published by the service that keeps it: OpenAPI, AsyncAPI, JSON Schemas."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from fastapi import APIRouter, Response

from services.intake.http.openapi import PUBLIC, openapi
from shared.contracts.asyncapi import asyncapi
from shared.contracts.schemas import schemas
from shared.web.problems import NOT_FOUND, Problem

KEPT = "public, max-age=3600"
FOR_VENDORS = "station."
"""How the names of schemas begin that are told to everybody; the others are between our services."""


def published_doors(routers: Sequence[APIRouter]) -> APIRouter:
    """Doors to the documents of these routers' doors, and of the topics for vendors. They are open to everybody."""
    router = APIRouter(prefix="/v1", tags=["contract"])

    described = cache(lambda: openapi([route for each in (*routers, router) for route in each.routes]))
    topics, every = cache(asyncapi), cache(schemas)

    @router.get("/openapi.json", **PUBLIC)
    async def publish_openapi(answer: Response) -> dict[str, Any]:
        """These doors, as OpenAPI."""
        answer.headers["cache-control"] = KEPT
        return described()

    @router.get("/asyncapi.json", **PUBLIC)
    async def publish_asyncapi(answer: Response) -> dict[str, Any]:
        """The topics for vendors, as AsyncAPI."""
        answer.headers["cache-control"] = KEPT
        return topics()

    @router.get("/schemas/{name}", **PUBLIC)
    async def publish_schema(name: str, answer: Response) -> dict[str, Any]:
        """One JSON Schema, by the name of what it describes, such as `station.receipt-issued.v1`."""
        found = every().get(name) if name.startswith(FOR_VENDORS) else None
        if found is None:
            raise Problem(NOT_FOUND)
        answer.headers["cache-control"] = KEPT
        return found

    return router
