"""How a door does something: because somebody asks for it, answered after the commit, refused as a problem."""

from collections.abc import Callable, Sequence
from typing import TypeVar
from uuid import UUID

from fastapi import Response

from services.referral.acts.finding import held_case
from services.referral.acts.once import Command, Find, check_allowed
from services.referral.domain.states import CaseState
from services.referral.http.refusing import domain_refusals
from services.referral.store import ANSWERS, Answer, around_case
from shared.contracts.fields import Block
from shared.delivery.cause import new_cause
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


async def perform(delivery: Delivery, about: Sequence[Key], by: UUID, step: Callable[[Work], T]) -> T:
    """Do something with what stands there because somebody asks for it. Raises a `Problem` for what is refused.

    `about` begins with what it is done with; what else will be looked at follows, as far as that is known before.
    """
    with domain_refusals():
        return await delivery.perform(new_cause(delivery, about[0][1], by), step, about)


async def authorise(delivery: Delivery, command: Command, find: Find = held_case) -> None:
    """Check whose case it is, before anything of it is opened or sealed for the act. Raises a `Problem`."""
    about = [*around_case(command.case_id), (ANSWERS, command.row)]
    await perform(delivery, about, command.by, lambda work: check_allowed(command, find, work))


async def act(
    delivery: Delivery, command: Command, step: Callable[[Work], Answer], response: Response, needs: Sequence[Key] = ()
) -> Done:
    """Do something with a case, and tell its new version."""
    about = [*around_case(command.case_id), (ANSWERS, command.row), *needs]
    done = await perform(delivery, about, command.by, step)
    response.headers["ETag"] = etag(done.version)
    return Done(case_id=UUID(done.subject), state=done.state or CaseState.OPENED, assignment_id=done.made)
