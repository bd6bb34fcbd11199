"""Where the log can be fetched.

What proves it, its newest checkpoint and the tiles of hashes (C2SP tlog-tiles), is for anybody: hashes tell nothing
about their lines. The lines are for auditors, who say why first, as for a search.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from services.audit.consulting import Consulting, Look
from services.audit.domain.tiles import MalformedTilePath, read_tile
from services.audit.http.search import audit_refusals
from services.audit.store.public import PublicLog
from shared.web.doors import Who
from shared.web.problems import NOT_FOUND, Problem

NEWEST = {"cache-control": "no-cache"}
FOR_EVER = {"cache-control": "public, max-age=31536000, immutable"}
NEVER_KEPT = {"cache-control": "no-store"}
BYTES = "application/octet-stream"


@contextmanager
def _found() -> Iterator[None]:
    """What no checkpoint covers is not there."""
    try:
        with audit_refusals():
            yield
    except MalformedTilePath:
        raise Problem(NOT_FOUND) from None


def log_router(log: PublicLog, consulting: Consulting) -> APIRouter:
    """The log as any tlog-tiles client fetches it."""
    router = APIRouter(tags=["log"])

    @router.get("/checkpoint", response_class=Response)
    async def get_checkpoint() -> Response:
        """The log's newest state, signed."""
        with _found():
            return Response(await log.checkpoint(), media_type="text/plain; charset=utf-8", headers=NEWEST)

    @router.get("/tile/entries/{path:path}", response_class=Response)
    async def get_entries(path: str, consultation: Annotated[UUID, Query()], who: Who) -> Response:
        """Up to 256 lines of the log, each with its length; logged before they are shown."""
        with _found():
            tile = read_tile(f"0/{path}")
            lines = await log.entries(tile)
            await consulting.note(Look(consultation, who.authid), tile.start, tile.width)
        return Response(lines, media_type=BYTES, headers=NEVER_KEPT)

    @router.get("/tile/{path:path}", response_class=Response)
    async def get_tile(path: str) -> Response:
        """Up to 256 hashes of one level of the tree."""
        with _found():
            return Response(await log.hashes(read_tile(path)), media_type=BYTES, headers=FOR_EVER)

    return router
