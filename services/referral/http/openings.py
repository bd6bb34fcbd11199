"""The door through which an ISCG looks at whom her case is about."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import AfterValidator, Field

from services.referral.consultation import Consultations, Part
from services.referral.domain.conflicts import Conflict
from services.referral.http.refusing import domain_refusals
from shared.contracts.fields import Block
from shared.contracts.forms import UtcTime
from shared.contracts.rights import Right, allows
from shared.contracts.vocabulary import Purpose
from shared.web.doors import Who
from shared.web.justification import Justification


class Reason(Block):
    """Motif de consultation: a purpose, and why now, in words that only an inspector will read.

    The log has a purpose of the right that is used: what is asked where it is one of them, `break-glass` whatever is
    asked where the glass was broken.
    """

    purpose: Annotated[Purpose, AfterValidator(allows(Right.HOLDS, Right.COVERS, Right.BREAKS_GLASS))]
    justification: Justification
    parts: Annotated[tuple[Part, ...], Field(min_length=1, max_length=2)] = ("contact",)


class Emergency(Block):
    """Why somebody who neither holds nor covers a case must look at its person now."""

    justification: Justification


class Broken(Block):
    """Until when she may look, each time with a purpose and a line in the log."""

    opening_id: UUID
    until: UtcTime


class Opened(Block):
    """What an ISCG gets to see, and the line of the log that says so.

    `until` is how long this opening is good for what else tells of the person's needs, such as proposals.
    `parts` are `contact` and `file` as the station sent them, and with the file `consent` and `assessment` as she has
    noted them. `conflicts`: the station has corrected since, and says otherwise; what she notes anew settles it.
    """

    opening_id: UUID
    until: UtcTime
    parts: dict[str, object]
    conflicts: tuple[Conflict, ...] = ()


def opening_doors(consultations: Consultations) -> APIRouter:
    """The door to a person's identity."""
    router = APIRouter(prefix="/v1/cases/{case_id}", tags=["cases"])

    @router.post("/openings", status_code=201)
    async def look_at_person(case_id: UUID, who: Who, reason: Reason) -> Opened:
        """Look at whom the case is about. The log holds it before the answer is sent."""
        with domain_refusals():
            shown = await consultations.open(case_id, who.authid, reason.purpose, reason.justification, reason.parts)
        return Opened(**shown._asdict())

    @router.post("/break-glass", status_code=201)
    async def break_glass(case_id: UUID, who: Who, asked: Emergency) -> Broken:
        """Give oneself three hours of access to a case of somebody else, soon after signing in. Its holder is told."""
        with domain_refusals():
            taken = await consultations.break_glass(case_id, who.authid, asked.justification, who.signed_in_at)
        opening_id, until = taken
        return Broken(opening_id=opening_id, until=until)

    return router
