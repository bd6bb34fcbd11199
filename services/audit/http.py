"""Where anybody fetches what proves the log: its newest checkpoint, and the tiles of hashes (C2SP tlog-tiles).

Hashes tell nothing about their lines. The lines themselves are for auditors.
"""

from fastapi import APIRouter, Response

from services.audit.domain.tiles import read_tile
from services.audit.store.public import PublicLog

NEWEST = {"cache-control": "no-cache"}
FOR_EVER = {"cache-control": "public, max-age=31536000, immutable"}
FOR_EVER_BY_ONE = {"cache-control": "private, max-age=31536000, immutable"}
BYTES = "application/octet-stream"


def public_router(log: PublicLog) -> APIRouter:
    """Doors without a token. They raise `OutsideTree` and `MalformedTilePath`: there is nothing there."""
    router = APIRouter(tags=["log"])

    @router.get("/checkpoint", response_class=Response)
    async def get_checkpoint() -> Response:
        """The log's newest state, signed."""
        return Response(await log.checkpoint(), media_type="text/plain; charset=utf-8", headers=NEWEST)

    @router.get("/tile/{level}/{path:path}", response_class=Response)
    async def get_tile(level: str, path: str) -> Response:
        """Up to 256 hashes of one level of the tree."""
        return Response(await log.hashes(read_tile(level, path)), media_type=BYTES, headers=FOR_EVER)

    return router


def entries_router(log: PublicLog) -> APIRouter:
    """The lines by the bundle, for whoever verifies all of them: to be mounted behind a log-auditor's token only."""
    router = APIRouter(tags=["log"])

    @router.get("/tile/entries/{path:path}", response_class=Response)
    async def get_entries(path: str) -> Response:
        """Up to 256 lines of the log, each with its length."""
        return Response(await log.entries(read_tile("0", path)), media_type=BYTES, headers=FOR_EVER_BY_ONE)

    return router
