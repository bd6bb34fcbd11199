"""The doors for partners whose software speaks FHIR R4: which referrals they were sent, and how far each is."""

from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse
from pydantic import Field

from services.referral.domain.referrals import ReferralState
from services.referral.fhir import (
    SERVICE_REQUEST,
    TASK,
    Kind,
    Resource,
    capability_statement,
    search_set,
)
from services.referral.http.list import After, place_at
from services.referral.referred import Orientation, referral_sent_to, referrals_sent_to
from shared.contracts.fields import Block
from shared.delivery.delivery import Delivery
from shared.web.away import refusals
from shared.web.cursor import write_cursor
from shared.web.doors import Who
from shared.web.problems import NOT_FOUND, Problem, invalid


class FhirJson(JSONResponse):
    """A resource, as FHIR names its JSON."""

    media_type = "application/fhir+json"


class Search(Block):
    """Which resources, and how many at once. A parameter that is not known is refused: it would be looked past."""

    status: Annotated[str | None, Field(max_length=200, description="statuses, separated by commas")] = None
    count: Annotated[int, Field(alias="_count", ge=1, le=200)] = 50
    after: After = None

    def statuses(self, kind: Kind) -> list[str] | None:
        """The statuses that are asked for, if any are; what is none is left out.

        Raises a `Problem` where all of them are none: that would look as if nothing were there.
        """
        if self.status is None:
            return None
        known = [read for each in self.status.split(",") if (read := kind.read_status(each))]
        if not known:
            raise invalid([{"in": "query", "parameter": "status", "code": "not-in-list"}])
        return known


Asked = Annotated[Search, Query()]


def fhir_doors(delivery: Delivery, base: str) -> APIRouter:
    """The doors at `/fhir`. Links lead behind `base`: what a request says of its host is anybody's word."""
    router = APIRouter(prefix="/fhir", tags=["fhir"], default_response_class=FhirJson)

    @router.get("/metadata")
    async def read_metadata() -> Resource:
        """Tell what this server understands."""
        return capability_statement()

    async def read(authid: UUID, referral_id: UUID) -> Orientation:
        with refusals():
            found = await referral_sent_to(delivery.database, authid, referral_id)
        if found is None:
            raise Problem(NOT_FOUND)
        return found

    async def search(kind: Kind, who: Who, asked: Search) -> Resource:
        statuses, place = asked.statuses(kind), place_at(asked.after)
        states = list(ReferralState) if statuses is None else kind.states(statuses)
        with refusals():
            found = await referrals_sent_to(delivery.database, who.authid, states, place, asked.count + 1)
        shown = found[: asked.count]
        pages = [_page(kind, statuses, asked.count, asked.after)]
        if len(found) > len(shown):
            pages.append(_page(kind, statuses, asked.count, write_cursor(shown[-1].place.written())))
        return search_set(f"{base}/fhir", [kind.made(each) for each in shown], *pages)

    @router.get("/ServiceRequest/{referral_id}")
    async def read_service_request(referral_id: UUID, who: Who) -> Resource:
        """Read what one was asked: nothing of the person."""
        return SERVICE_REQUEST.made(await read(who.authid, referral_id))

    @router.get("/Task/{referral_id}")
    async def read_task(referral_id: UUID, who: Who) -> Resource:
        """Read how far it is."""
        return TASK.made(await read(who.authid, referral_id))

    @router.get("/ServiceRequest")
    async def search_service_requests(who: Who, asked: Asked) -> Resource:
        """Search what one was asked."""
        return await search(SERVICE_REQUEST, who, asked)

    @router.get("/Task")
    async def search_tasks(who: Who, asked: Asked) -> Resource:
        """Search what is to be done, or was."""
        return await search(TASK, who, asked)

    return router


def _page(kind: Kind, statuses: list[str] | None, count: int, after: str | None) -> str:
    told = {"status": ",".join(statuses) if statuses is not None else None, "_count": str(count), "after": after}
    return f"{kind.name}?{urlencode({name: value for name, value in told.items() if value is not None})}"
