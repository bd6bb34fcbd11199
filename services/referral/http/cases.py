"""The doors to cases: read one, take it, decline it, follow it, close it; give it to somebody else."""

from uuid import UUID

from fastapi import APIRouter, Response

from services.referral.acts.coordinating import reassign
from services.referral.acts.finding import coordinated_case, covered_case, held_case
from services.referral.acts.following import close, note_attempt, note_interview, tell_unreachable
from services.referral.acts.holding import accept, decline, take_over
from services.referral.clocks import at_first_acceptance
from services.referral.domain.case import Case
from services.referral.domain.explaining import Words, explain
from services.referral.domain.following import ContactAttempt, Interview
from services.referral.domain.terms import Terms
from services.referral.files import read_all_files, read_file
from services.referral.http.commanding import AboutCase
from services.referral.http.performing import Done, act, authorise, perform
from services.referral.store import CASES, Answer, around_case
from shared.contracts.blocks import Attempt, Closure, Decline, Held
from shared.contracts.fields import Block
from shared.contracts.forms import OpaqueCode
from shared.delivery.delivery import Delivery
from shared.delivery.unit import Work
from shared.web.doors import Caller, Who
from shared.web.preconditions import etag
from shared.web.roles import Role


class Reassignment(Block):
    """To which post a coordinator gives a case. `despite_related`: its ISCG may hold both cases of one event."""

    post_id: OpaqueCode
    despite_related: bool = False


def case_doors(delivery: Delivery, terms: Terms) -> APIRouter:
    """The doors to cases. Which cases are somebody's is told by the roster, never by the token."""
    router = APIRouter(prefix="/v1/cases/{case_id}", tags=["cases"])

    async def read_case(case_id: UUID, who: Caller) -> tuple[Case, int]:
        find = coordinated_case if who.role is Role.COORDINATOR else held_case

        def look(work: Work) -> tuple[Case, int]:
            return find(case_id, who.authid, work), work.version(CASES, case_id)

        return await perform(delivery, around_case(case_id), who.authid, look)

    @router.get("", response_model_exclude_none=True)
    async def read(case_id: UUID, who: Who, answer: Response) -> Case:
        """Read a case as it stands, with the explanation of each assignment, and without identity."""
        case, version = await read_case(case_id, who)
        answer.headers["ETag"] = etag(version)
        return case

    @router.get("/explanation")
    async def read_explanation(case_id: UUID, who: Who) -> list[Words]:
        """Read in words why each assignment was made: what decided, and what was known of every candidate."""
        case, _ = await read_case(case_id, who)
        return [explain(each) for each in case.assignments]

    @router.post("/acceptance")
    async def take_in_charge(command: AboutCase, answer: Response) -> Done:
        """Take an assigned case in charge: its station learns that much, and nothing else."""
        needs = at_first_acceptance(command.case_id)
        return await act(delivery, command, lambda work: accept(command, work, terms), answer, needs)

    @router.post("/refusal")
    async def refuse(command: AboutCase, asked: Decline, answer: Response) -> Done:
        """Decline an assigned case: the next candidate gets it, or the coordinator."""
        await authorise(delivery, command)
        file = await read_file(delivery, command.case_id)
        return await act(delivery, command, lambda work: decline(command, asked.reason, file, work, terms), answer)

    @router.post("/takeover")
    async def cover(command: AboutCase, answer: Response) -> Done:
        """Take a case over for an ISCG who is away, as her cover."""
        await authorise(delivery, command, covered_case)
        file = await read_file(delivery, command.case_id)
        return await act(delivery, command, lambda work: take_over(command, file, work, terms), answer)

    @router.post("/reassignment")
    async def give(command: AboutCase, asked: Reassignment, answer: Response) -> Done:
        """Give a case to another post, whose ISCG has to accept it."""
        await authorise(delivery, command, coordinated_case)
        file = await read_file(delivery, command.case_id)

        def step(work: Work) -> Answer:
            return reassign(command, asked.post_id, file, work, terms, despite_related=asked.despite_related)

        return await act(delivery, command, step, answer)

    @router.post("/attempts", status_code=201)
    async def attempt(command: AboutCase, asked: Attempt, answer: Response) -> Done:
        """Note that one has tried to reach the person."""

        def step(work: Work) -> Answer:
            noted = ContactAttempt(id=work.cause.id, at=work.cause.at, **asked.model_dump())
            return note_attempt(command, noted, work, terms)

        return await act(delivery, command, step, answer)

    @router.post("/interviews", status_code=201)
    async def interview(command: AboutCase, asked: Held, answer: Response) -> Done:
        """Note that one has seen or heard the person."""

        def step(work: Work) -> Answer:
            noted = Interview(id=work.cause.id, at=work.cause.at, **asked.model_dump())
            return note_interview(command, noted, work, terms)

        return await act(delivery, command, step, answer)

    @router.post("/unreachable")
    async def unreachable(command: AboutCase, answer: Response) -> Done:
        """Tell the station that the person can't be reached; the case stays open."""
        return await act(delivery, command, lambda work: tell_unreachable(command, work), answer)

    @router.post("/closure")
    async def end(command: AboutCase, asked: Closure, answer: Response) -> Done:
        """Close a case. Where minors are concerned, the question about the CRIP must be answered."""
        await authorise(delivery, command)
        files = await read_all_files(delivery, command.case_id)
        return await act(delivery, command, lambda work: close(command, asked, files, work, terms=terms), answer)

    return router
