"""How a door does something: because somebody asks for it, answered after the commit, refused as a problem."""

from collections.abc import Callable
from typing import TypeVar
from uuid import UUID

from fastapi import Response

from services.referral.acts.once import Command
from services.referral.causes import new_cause
from services.referral.domain.states import CaseState
from services.referral.http.refusing import domain_refusals
from services.referral.store import CASES, Answer
from shared.contracts.fields import Block
from shared.delivery.delivery import Delivery
from shared.delivery.shelf import Key
from shared.delivery.unit import Work
from shared.web.preconditions import etag

T = TypeVar("T")


class Done(Block):
    """What became of the case."""

    case_id: UUID
    state: CaseState
    assignment_id: UUID | None = None


async def perform(delivery: Delivery, about: Key, by: UUID, step: Callable[[Work], T]) -> T:
    """Do something with what stands there because somebody asks for it. Raises a `Problem` for what is refused."""
    with domain_refusals():
        return await delivery.perform(new_cause(delivery, about[1], by), step, [about])


async def act(delivery: Delivery, command: Command, step: Callable[[Work], Answer], response: Response) -> Done:
    """Do something with a case, and tell its new version."""
    done = await perform(delivery, (CASES, str(command.case_id)), command.by, step)
    response.headers["ETag"] = etag(done.version)
    return Done(case_id=UUID(done.subject), state=done.state or CaseState.OPENED, assignment_id=done.made)
