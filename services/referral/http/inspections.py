"""The doors of inspection: it takes two people to see who is behind a line of the log."""

from datetime import datetime
from functools import partial
from uuid import UUID

from fastapi import APIRouter

from services.referral.acts.inspecting import grant_inspection
from services.referral.consultation import Consultations
from services.referral.http.openings import Opened
from services.referral.http.performing import perform
from services.referral.http.refusing import domain_refusals
from services.referral.store import INSPECTIONS
from shared.contracts.fields import Block
from shared.contracts.forms import UtcTime
from shared.delivery.delivery import Delivery
from shared.delivery.shelf import Key
from shared.web.doors import Who
from shared.web.justification import Justification


class Request(Block):
    """Why somebody who inspects must see who a case is about."""

    justification: Justification


class Requested(Block):
    """A second person must grant it within 24 hours."""

    inspection_id: UUID


class Granted(Block):
    """Until when whoever has asked may look."""

    until: UtcTime


def inspection_doors(delivery: Delivery, consultations: Consultations) -> APIRouter:
    """The doors of inspection."""
    router = APIRouter(prefix="/v1", tags=["inspections"])

    @router.post("/cases/{case_id}/inspections", status_code=201)
    async def ask(case_id: UUID, who: Who, asked: Request) -> Requested:
        """Ask to see who a case is about. Nothing is shown by it; the log holds that it was asked."""
        with domain_refusals():
            return Requested(inspection_id=await consultations.ask_inspection(case_id, who.authid, asked.justification))

    @router.post("/inspections/{inspection_id}/grant")
    async def grant(inspection_id: UUID, who: Who) -> Granted:
        """Grant what another person has asked: she may look for an hour."""
        about: list[Key] = [(INSPECTIONS, str(inspection_id))]
        until: datetime = await perform(
            delivery, about, who.authid, partial(grant_inspection, inspection_id, who.authid)
        )
        return Granted(until=until)

    @router.post("/inspections/{inspection_id}/opening", status_code=201)
    async def look(inspection_id: UUID, who: Who) -> Opened:
        """See who it is about, within the hour. The log holds each look before the answer is sent."""
        with domain_refusals():
            shown = await consultations.inspect(inspection_id, who.authid)
        return Opened(**shown._asdict())

    return router
