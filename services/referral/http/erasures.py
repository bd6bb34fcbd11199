"""The doors to forgetting: on the person's request, and a legal hold that stops it."""

from functools import partial
from uuid import UUID

from fastapi import APIRouter, Response

from services.referral.acts.erasing import erased_with, set_hold
from services.referral.erasing import erase_case
from services.referral.http.commanding import AboutCase
from services.referral.http.performing import Done, act, perform
from services.referral.http.refusing import domain_refusals
from services.referral.store import CASES
from shared.contracts.fields import Block
from shared.contracts.vocabulary import ErasureReason
from shared.delivery.delivery import Delivery
from shared.delivery.shelf import Key
from shared.web.doors import Who


class Hold(Block):
    """Whether a legal hold keeps a case from being erased."""

    hold: bool


def erasure_doors(delivery: Delivery) -> APIRouter:
    """The doors to forgetting."""
    router = APIRouter(prefix="/v1/cases/{case_id}", tags=["erasure"])

    @router.post("/erasure", status_code=204)
    async def erase(case_id: UUID, who: Who) -> None:
        """Erase a case that has ended, on the person's request: its keys are destroyed, and nothing of ours opens it.

        Copies of the wrapped keys, in the database's oplog and in backups, end with the next rotation of the masters.
        """
        about: list[Key] = [(CASES, str(case_id))]
        ids = await perform(delivery, about, who.authid, partial(erased_with, case_id, who.authid))
        with domain_refusals():
            for each in ids:
                await erase_case(delivery, each, ErasureReason.REQUEST, who.authid)

    @router.put("/hold")
    async def put_hold(case_id: UUID, command: AboutCase, asked: Hold, response: Response) -> Done:
        """Begin or end a legal hold: nothing of the case is erased meanwhile."""
        return await act(delivery, command, lambda work: set_hold(command, asked.hold, work), response)

    return router
