"""The door to the list of cases. A list opens nothing: it tells what waits, where, since when, and with whom."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field

from services.referral.domain.case import Case
from services.referral.domain.states import CaseState
from services.referral.listing import Place, cases_of_coordinator, cases_of_iscg
from shared.contracts.fields import Block
from shared.contracts.forms import Departement, OpaqueCode, StationCode, UtcTime
from shared.contracts.vocabulary import Urgency
from shared.delivery.delivery import Delivery
from shared.web.away import refusals
from shared.web.cursor import read_cursor, write_cursor
from shared.web.doors import Who
from shared.web.problems import MALFORMED_CURSOR, Problem
from shared.web.roles import Role

PLACE_BYTES = 24
After = Annotated[str | None, Field(max_length=64, description="`next` of the page before")]


class Line(Block):
    """A case in a list. `version` is what `If-Match` wants, in quotes."""

    id: UUID
    station: StationCode
    departement: Departement
    urgency: Urgency
    test: bool
    received_at: UtcTime
    state: CaseState
    post_id: OpaqueCode | None
    version: int


class Page(Block):
    """Some of the cases, oldest first. `next` goes on from here; without it nothing follows."""

    cases: tuple[Line, ...]
    next: str | None = None


def list_doors(delivery: Delivery) -> APIRouter:
    """The door to the list of cases."""
    router = APIRouter(prefix="/v1", tags=["cases"])

    @router.get("/cases")
    async def read_cases(
        who: Who,
        after: Annotated[After, Query()] = None,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
    ) -> Page:
        """List one's open cases, the oldest first: an ISCG hers and those she covers, a coordinator all of hers."""
        place, database = place_at(after), delivery.database
        with refusals():
            if who.role is Role.COORDINATOR:
                found = await cases_of_coordinator(database, who.authid, place, limit + 1)
            else:
                found = await cases_of_iscg(database, who.authid, delivery.clock.now(), place, limit + 1)
        lines = tuple(_line(case, version) for case, version in found[:limit])
        more = len(found) > limit
        return Page(
            cases=lines, next=write_cursor(Place(lines[-1].received_at, lines[-1].id).written()) if more else None
        )

    return router


def place_at(after: str | None) -> Place | None:
    """The place in the list that a cursor names. Raises a `Problem`, 400."""
    try:
        return Place.read(read_cursor(after, PLACE_BYTES)) if after else None
    except OverflowError:
        raise Problem(MALFORMED_CURSOR) from None


def _line(case: Case, version: int) -> Line:
    members = {name: getattr(case, name) for name in Line.model_fields if name != "version"}
    return Line(**members, version=version)
