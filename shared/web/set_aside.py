"""The operator's doors to what was set aside: by id and place, never by content."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter

from shared.delivery.set_aside import NoSuchRow, SetAside
from shared.web.problems import NOT_FOUND, Problem


def set_aside_doors(set_aside: SetAside) -> APIRouter:
    """List, replay, discard. Replaying runs in the service itself, so that order and inbox hold."""
    router = APIRouter(prefix="/v1/set-aside", tags=["set-aside"])

    @router.get("")
    async def list_undecided() -> list[dict[str, Any]]:
        return await set_aside.undecided()

    @router.post("/{set_aside_id}/replay")
    async def replay(set_aside_id: UUID) -> dict[str, str]:
        try:
            return {"outcome": await set_aside.replay(str(set_aside_id))}
        except NoSuchRow:
            raise Problem(NOT_FOUND) from None

    @router.post("/{set_aside_id}/discard")
    async def give_up(set_aside_id: UUID) -> dict[str, str]:
        try:
            await set_aside.discard(str(set_aside_id))
        except NoSuchRow:
            raise Problem(NOT_FOUND) from None
        return {"outcome": "discarded"}

    return router
