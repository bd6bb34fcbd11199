"""The doors to what is written to the person: by her ISCG only, with her consent, and never against her will."""

from fastapi import APIRouter, Response

from services.referral.acts.writing import stop_writing, write_to_person
from services.referral.domain.writing import PersonMessage
from services.referral.files import read_contact, read_known
from services.referral.http.commanding import AboutCase
from services.referral.http.performing import Done, act, authorise
from services.referral.store import Answer
from shared.delivery.delivery import Delivery
from shared.delivery.unit import Work


def writing_doors(delivery: Delivery) -> APIRouter:
    """Ask for a message to the person, and stop all of them."""
    router = APIRouter(prefix="/v1/cases/{case_id}", tags=["cases"])

    @router.post("/person-notices", status_code=201)
    async def write(command: AboutCase, message: PersonMessage, response: Response) -> Done:
        """Ask that the person be written to, in neutral words and her safe hours; she must have agreed to it."""
        await authorise(delivery, command)
        known = await read_known(delivery, command.case_id)
        contact = await read_contact(delivery, command.case_id)

        def step(work: Work) -> Answer:
            return write_to_person(command, message, known, contact, work)

        return await act(delivery, command, step, response)

    @router.post("/contact-stop")
    async def stop(command: AboutCase, response: Response) -> Done:
        """Have nothing more written to the person; `silence.stopped_at` of the case tells since when nothing can."""
        return await act(delivery, command, lambda work: stop_writing(command, work), response)

    return router
