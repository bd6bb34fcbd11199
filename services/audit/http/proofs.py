"""Where proofs are fetched, for whoever does not want to put them together from tiles."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from services.audit.consulting import Consulting, Look
from services.audit.domain.exact64 import encoded
from services.audit.domain.searching import Index
from services.audit.http.search import audit_refusals
from services.audit.store.proofs import Proofs
from shared.web.doors import Who

TEXT = "text/plain; charset=utf-8"


def proof_router(proofs: Proofs, consulting: Consulting) -> APIRouter:
    """Proofs of the log."""
    router = APIRouter(prefix="/v1", tags=["log"])

    @router.get("/entries/{index}/proof", response_class=Response)
    async def prove_entry(
        index: Index, consultation: Annotated[UUID, Query()], who: Who, size: Annotated[Index | None, Query()] = None
    ) -> Response:
        """That a line stands in the log, as a file of C2SP tlog-proof; logged before it is shown."""
        with audit_refusals():
            proof = await proofs.inclusion(index, size)
            await consulting.note(Look(consultation, who.authid), index, 1)
        return Response(proof.text, media_type=TEXT)

    @router.get("/consistency", response_class=Response)
    async def prove_growth(old: Index, new: Index) -> Response:
        """That the log of `new` lines begins with the `old` lines it had: a hash a line, base64."""
        with audit_refusals():
            path = await proofs.consistency(old, new)
        return Response("".join(f"{encoded(each)}\n" for each in path), media_type=TEXT)

    return router
