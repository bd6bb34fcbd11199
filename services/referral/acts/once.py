"""An act on a case happens once, on the version that was read, by somebody whose case it is."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from services.referral.domain.case import Case
from services.referral.domain.states import CaseState
from services.referral.store import ANSWERS, CASES, Answer
from shared.delivery.shelf import Shelf
from shared.delivery.unit import Work

Find = Callable[[UUID, UUID, Work], Case]
Step = Callable[[Case, Work], Case]


class KeyReused(Exception):
    """This idempotency key was used for another request."""


class StaleVersion(Exception):
    """It has changed since it was read."""

    def __init__(self, state: CaseState | None = None) -> None:
        super().__init__(self.__doc__)
        self.state = state


@dataclass(frozen=True, slots=True)
class Command:
    """Who does something with which case or post, on which version of it.

    `key` and `request` are digests: of the idempotency key, and of the whole request that came with it.
    """

    subject: UUID | str
    by: UUID
    version: int
    key: str
    request: str

    @property
    def row(self) -> str:
        """Under which id its answer is kept."""
        return f"http {self.by} {self.key}"

    @property
    def case_id(self) -> UUID:
        """The case that it is about."""
        return UUID(str(self.subject))


def once(command: Command, find: Find, step: Step, work: Work) -> Answer:
    """Do it, and keep what was answered; the same request under the same key is answered as the first time.

    Raises `NoSuchCase`, `KeyReused`, `StaleVersion`, and whatever `step` refuses.
    """

    def first(request: str) -> Answer:
        case = find(command.case_id, command.by, work)
        check_version(CASES, command, work, case.state)
        case = step(case, work)
        work.put(CASES, case.id, case)
        made, version = case.assignments[-1].id if case.assignments else None, work.version(CASES, case.id)
        return Answer(subject=str(case.id), request=request, version=version, state=case.state, made=made)

    return answer_once(command, first, work)


def check_allowed(command: Command, find: Find, work: Work) -> None:
    """Check that this is the caller's case, or that this very request was answered before.

    It comes before anything of the case is opened or sealed for the act. Raises `NoSuchCase`, `KeyReused`.
    """
    answered = work.get(ANSWERS, command.row)
    if answered is None:
        find(command.case_id, command.by, work)
    elif answered.request != command.request:
        raise KeyReused


def answer_once(command: Command, first: Callable[[str], Answer], work: Work) -> Answer:
    """Answer what is asked under a key: `first` is done once, and never for another request. Raises `KeyReused`."""
    row, request = command.row, command.request
    answered = work.get(ANSWERS, row)
    if answered is None:
        answered = first(request)
        work.put(ANSWERS, row, answered)
    if answered.request != request:
        raise KeyReused
    return answered


def check_version(shelf: Shelf[Any], command: Command, work: Work, state: CaseState | None = None) -> None:
    """Whether somebody decides on what stands there now, in this state if it has one. Raises `StaleVersion`."""
    if work.version(shelf, command.subject) != command.version:
        raise StaleVersion(state)
