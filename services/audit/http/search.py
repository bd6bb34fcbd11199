"""Where auditors search the log. Whoever looks says why first; each look is on the log before its answer leaves."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import APIRouter, Query
from pydantic import AfterValidator, Field

from services.audit.consulting import Consulting, Look
from services.audit.domain.leaf import instant
from services.audit.domain.merkle import OutsideTree
from services.audit.domain.searching import TURN_BYTES, Filter, ForeignCursor, Order, Page, Turn
from services.audit.domain.wording import sentences
from services.audit.store.consultations import NoConsultation
from services.audit.store.proofs import Proofs
from shared.contracts.fields import Block
from shared.contracts.forms import UtcTime
from shared.contracts.rights import Right, allows
from shared.contracts.vocabulary import Purpose
from shared.web.away import refusals
from shared.web.cursor import read_cursor, write_cursor
from shared.web.doors import Who
from shared.web.justification import Justification
from shared.web.problems import MALFORMED_CURSOR, NO_CONSULTATION, NOT_FOUND, Problem


class Reason(Block):
    """Why somebody is about to look into the log."""

    purpose: Annotated[Purpose, AfterValidator(allows(Right.AUDITS))]
    justification: Justification


class Opened(Block):
    """Under what her searches are made, and until when."""

    consultation_id: UUID
    until: UtcTime


class Search(Filter):
    """A filter, and how its answer is wanted. `proof` adds to each line the file that proves it."""

    consultation: UUID
    order: Order = "asc"
    limit: Annotated[int, Field(ge=1, le=500)] = 100
    cursor: str | None = None
    proof: bool = False

    @property
    def filter(self) -> Filter:
        """Which lines."""
        return Filter.model_validate(self.model_dump(include=set(Filter.model_fields)))

    @property
    def turn(self) -> Turn | None:
        """Where to go on. Raises `ForeignCursor`, and a `Problem`, 400, for what is no cursor."""
        return Turn.read(read_cursor(self.cursor, TURN_BYTES), self.filter, self.order) if self.cursor else None


@contextmanager
def audit_refusals() -> Iterator[None]:
    """Turns what is refused here into problems."""
    try:
        with refusals():
            yield
    except NoConsultation:
        raise Problem(NO_CONSULTATION) from None
    except ForeignCursor:
        raise Problem(MALFORMED_CURSOR) from None
    except OutsideTree:
        raise Problem(NOT_FOUND) from None


def search_router(consulting: Consulting, proofs: Proofs) -> APIRouter:
    """The log as an auditor searches it."""
    router = APIRouter(prefix="/v1", tags=["log"])

    @router.post("/consultations", status_code=201)
    async def open_consultation(who: Who, reason: Reason) -> Opened:
        """Say why one looks. Nothing is shown by it."""
        with audit_refusals():
            opened = await consulting.open(reason.purpose, reason.justification, who.authid)
        return Opened(consultation_id=opened.id, until=opened.until)

    @router.get("/entries")
    async def search_entries(who: Who, asked: Annotated[Search, Query()]) -> Any:
        """Lines of the log, by what they are about; logged before they are shown."""
        with audit_refusals():
            look = Look(asked.consultation, who.authid)
            page = await consulting.search(look, asked.filter, asked.order, asked.turn, asked.limit)
            standing = await consulting.standing(page.size)
            files = [(await proofs.inclusion(index, page.size)).text for index, _ in page.lines if asked.proof]
        until = standing.complete_up_to and instant(standing.complete_up_to)
        head = {"origin": consulting.origin, "size": page.size, "total": page.total, **standing._asdict()}
        return head | {"complete_up_to": until, "entries": _lines(page, files), "next": _next(page, asked)}

    return router


def _lines(page: Page, files: list[str]) -> list[dict[str, Any]]:
    shown = []
    for at, (index, leaf) in enumerate(page.lines):
        members = orjson.loads(leaf)
        proof = {"proof": files[at]} if files else {}
        shown.append({"index": index, "leaf": members, "sentence": sentences(members), **proof})
    return shown


def _next(page: Page, asked: Search) -> str | None:
    return write_cursor(page.next.written(asked.filter, asked.order)) if page.next else None
