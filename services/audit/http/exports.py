"""Where auditors take lines along: asked for, followed, fetched; by whoever asked, and nobody else."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import StreamingResponse

from services.audit.consulting import Look
from services.audit.domain.searching import Filter
from services.audit.exporting import Exporting
from services.audit.http.search import audit_refusals
from services.audit.store.exports import Export, NoSuchExport, NotReady
from shared.contracts.fields import Block
from shared.web.doors import Who
from shared.web.problems import CONFLICT, NOT_FOUND, Problem

ZIP = "application/zip"


class Wish(Block):
    """Which lines somebody wants to take along, and under which consultation. `balp`: as FHIR resources, too."""

    consultation_id: UUID
    filter: Filter
    balp: bool = False


class Progress(Block):
    """How far an export has come."""

    export_id: UUID
    state: Literal["collecting", "ready"]
    size: int
    done: int
    total: int


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        with audit_refusals():
            yield
    except NoSuchExport:
        raise Problem(NOT_FOUND) from None
    except NotReady:
        raise Problem(CONFLICT, members={"reason": "still-collecting"}) from None


def export_router(exporting: Exporting) -> APIRouter:
    """Exports of the log."""
    router = APIRouter(prefix="/v1/exports", tags=["log"])

    @router.post("", status_code=202)
    async def begin_export(who: Who, wish: Wish) -> Progress:
        """Begin to collect lines; the log has its line of it before this is answered."""
        with _refusals():
            look = Look(wish.consultation_id, who.authid)
            return _progress(await exporting.begin(look, wish.filter, balp=wish.balp))

    @router.get("/{export_id}")
    async def follow_export(who: Who, export_id: UUID) -> Progress:
        """How far it has come."""
        with _refusals():
            return _progress(await exporting.export(export_id, who.authid))

    @router.get("/{export_id}/bundle", response_class=StreamingResponse)
    async def fetch_bundle(who: Who, export_id: UUID) -> StreamingResponse:
        """The lines, what proves them, and the signed manifest, as a zip."""
        with _refusals():
            pieces = await exporting.bundle(export_id, who.authid)
        headers = {"cache-control": "no-store", "content-disposition": f'attachment; filename="{export_id}.zip"'}
        return StreamingResponse(pieces, media_type=ZIP, headers=headers)

    return router


def _progress(export: Export) -> Progress:
    state: Literal["collecting", "ready"] = "ready" if export.manifest else "collecting"
    return Progress(export_id=export.id, state=state, size=export.size, done=export.done, total=export.total)
