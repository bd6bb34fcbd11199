"""The doors of referral: read a case, take it in charge, look at whom it is about."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Annotated, TypeVar
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import AfterValidator, Field
from uuid6 import uuid7

from services.referral.acts import KeyReused, StaleVersion, accept, coordinated_case, held_case
from services.referral.consultation import Consultations, Part
from services.referral.domain.case import AlreadyAccepted, Case, CaseState, NoSuchCase, NothingToAccept
from services.referral.domain.rights import check_purpose
from services.referral.store import CASES
from shared.contracts.fields import Block
from shared.contracts.vocabulary import Purpose
from shared.delivery.cause import Actor, Cause
from shared.delivery.delivery import Delivery
from shared.delivery.unit import Work
from shared.watch.traces import traceparent_now
from shared.web.away import refusals
from shared.web.doors import Caller, Who
from shared.web.justification import Justification
from shared.web.preconditions import IdempotencyKey, Version, etag
from shared.web.problems import CONFLICT, KEY_REUSED, NOT_FOUND, STALE_VERSION, Problem
from shared.web.roles import Role

T = TypeVar("T")


class Accepted(Block):
    """What was taken in charge."""

    case_id: UUID
    assignment_id: UUID
    state: CaseState = CaseState.ACCEPTED


class Reason(Block):
    """Motif de consultation: a purpose, and why now, in words that only an inspector will read."""

    purpose: Annotated[Purpose, AfterValidator(check_purpose)]
    justification: Justification
    parts: Annotated[tuple[Part, ...], Field(min_length=1, max_length=2)] = ("contact",)


class Opened(Block):
    """What an ISCG gets to see, and the line of the log that says so."""

    opening_id: UUID
    parts: dict[str, object]


def case_doors(delivery: Delivery) -> APIRouter:
    """The doors to cases. Which cases are somebody's is told by the roster, never by the token."""
    router = APIRouter(prefix="/v1/cases/{case_id}", tags=["cases"])
    consultations = Consultations(delivery)

    @router.get("", response_model_exclude_none=True)
    async def read(case_id: UUID, who: Who, answer: Response) -> Case:
        """Read a case as it stands, with the explanation of each assignment, and without identity."""
        find = coordinated_case if who.role is Role.COORDINATOR else held_case

        def look(work: Work) -> tuple[Case, int]:
            return find(case_id, who.authid, work), work.version(CASES, case_id)

        case, version = await _act(delivery, case_id, who, look)
        answer.headers["ETag"] = etag(version)
        return case

    @router.post("/acceptance")
    async def take_in_charge(
        case_id: UUID, who: Who, version: Version, key: IdempotencyKey, answer: Response
    ) -> Accepted:
        """Take an assigned case in charge: its station learns that much, and nothing else."""
        done = await _act(delivery, case_id, who, partial(accept, case_id, who.authid, version, key))
        answer.headers["ETag"] = etag(done.version)
        return Accepted(case_id=done.subject, assignment_id=done.assignment_id)

    @router.post("/openings", status_code=201)
    async def look_at_person(case_id: UUID, who: Who, reason: Reason) -> Opened:
        """Look at whom the case is about. The log holds it before the answer is sent."""
        with _refusals():
            opening_id, parts = await consultations.open(
                case_id, who.authid, reason.purpose, reason.justification, reason.parts
            )
        return Opened(opening_id=opening_id, parts=parts)

    return router


async def _act(delivery: Delivery, case_id: UUID, who: Caller, act: Callable[[Work], T]) -> T:
    cause = Cause(
        uuid7(),
        delivery.clock.now(),
        subject=str(case_id),
        by=Actor("app_user", str(who.authid)),
        trace=traceparent_now(),
    )
    with _refusals():
        return await delivery.perform(cause, act, [(CASES, str(case_id))])


@contextmanager
def _refusals() -> Iterator[None]:
    """The domain's refusals, as a door says them."""
    try:
        with refusals():
            yield
    except NoSuchCase:
        raise Problem(NOT_FOUND) from None
    except StaleVersion as stale:
        raise Problem(STALE_VERSION, members={"state": stale.state}) from None
    except AlreadyAccepted:
        raise Problem(CONFLICT, members={"reason": "already-accepted"}) from None
    except NothingToAccept:
        raise Problem(CONFLICT, members={"reason": "nothing-to-accept"}) from None
    except KeyReused:
        raise Problem(KEY_REUSED) from None
