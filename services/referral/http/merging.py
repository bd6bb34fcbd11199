"""The doors to cases of one person: ISCGs and coordinators link them, a coordinator merges and parts them."""

from uuid import UUID

from fastapi import APIRouter, Response

from services.referral.acts.finding import coordinated_case, held_case
from services.referral.acts.merging import link, merge, unmerge
from services.referral.domain.terms import Terms
from services.referral.files import read_file
from services.referral.http.commanding import AboutCase
from services.referral.http.performing import Done, act, authorise
from shared.contracts.fields import Block
from shared.delivery.delivery import Delivery
from shared.web.doors import Caller, Who
from shared.web.roles import Role


class Survivor(Block):
    """Of which case one is a duplicate: it goes on, and whoever holds it sees to both."""

    into: UUID


def merging_doors(delivery: Delivery, terms: Terms) -> APIRouter:
    """The doors to cases of one person."""
    router = APIRouter(prefix="/v1/cases/{case_id}", tags=["cases"])

    async def set_link(command: AboutCase, other_id: UUID, who: Caller, answer: Response, *, linked: bool) -> Done:
        find = coordinated_case if who.role is Role.COORDINATOR else held_case
        return await act(delivery, command, lambda work: link(command, other_id, find, work, linked=linked), answer)

    @router.put("/links/{other_id}")
    async def put_link(command: AboutCase, other_id: UUID, who: Who, answer: Response) -> Done:
        """Tell that another case is of the same person: one that one holds, or has held."""
        return await set_link(command, other_id, who, answer, linked=True)

    @router.delete("/links/{other_id}")
    async def delete_link(command: AboutCase, other_id: UUID, who: Who, answer: Response) -> Done:
        """Tell that another case is not of the same person."""
        return await set_link(command, other_id, who, answer, linked=False)

    @router.put("/merge")
    async def put_merge(command: AboutCase, asked: Survivor, answer: Response) -> Done:
        """Tell that a case is a duplicate of another, whose holder sees to both from now on."""
        return await act(delivery, command, lambda work: merge(command, asked.into, work), answer)

    @router.delete("/merge")
    async def delete_merge(command: AboutCase, answer: Response) -> Done:
        """Undo a merge: the case goes back to whoever held it, or is placed anew."""
        await authorise(delivery, command, coordinated_case)
        file = await read_file(delivery, command.case_id)
        return await act(delivery, command, lambda work: unmerge(command, file, work, terms), answer)

    return router
