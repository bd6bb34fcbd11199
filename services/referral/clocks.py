"""The clocks of a case: what happens to it begins and ends them."""

from datetime import datetime
from uuid import UUID

from services.referral.domain.case import Case
from services.referral.domain.deadlines import Deadline, Stage, deadline_id, deadlines
from services.referral.domain.terms import Terms
from services.referral.store import DEADLINES, TERRITORIES
from shared.contracts.vocabulary import DeadlineKind
from shared.delivery.shelf import Key
from shared.delivery.unit import Work


def keys_of(case_id: UUID, kind: DeadlineKind, n: int) -> list[Key]:
    """What is looked at to begin or end the n-th clock of this kind."""
    return [(DEADLINES, str(deadline_id(case_id, kind, n, stage))) for stage in Stage]


def at_first_acceptance(case_id: UUID) -> list[Key]:
    """What is looked at when the first who was given a case accepts it: one clock ends, and one begins."""
    kinds = DeadlineKind.TO_BE_ACCEPTED, DeadlineKind.FIRST_CONTACT
    return [key for kind in kinds for key in keys_of(case_id, kind, 1)]


def due_at(case: Case, kind: DeadlineKind, since: datetime, work: Work, terms: Terms) -> datetime:
    """When a clock of this case would run out, by the terms of its département."""
    territory = work.get(TERRITORIES, case.departement)
    here = terms.here(territory.terms) if territory else terms
    return here.due_at(kind, case.urgency, since, (case.departement, case.zone))


def begin(case: Case, kind: DeadlineKind, n: int, since: datetime, until: datetime, *, work: Work) -> None:
    """Let the n-th clock of this kind run; one that runs already runs out anew."""
    for each in deadlines(case.id, kind, n, since, until, trace=work.cause.trace):
        work.put(DEADLINES, each.id, each)


def await_contact(case: Case, work: Work, terms: Terms) -> None:
    """The person is to be reached in time, counted from when we knew of her; once she has been, the next time."""
    now = work.cause.at
    kind, n, since = DeadlineKind.FIRST_CONTACT, 1, case.received_at
    if case.contacts:
        kind, n, since = DeadlineKind.FOLLOW_UP, case.contacts, now
    begin(case, kind, n, now, due_at(case, kind, since, work, terms), work=work)


def runs_until(case_id: UUID, kind: DeadlineKind, n: int, work: Work) -> datetime | None:
    """When this clock runs out, if it runs."""
    deadline = work.get(DEADLINES, deadline_id(case_id, kind, n))
    return deadline.due_at if deadline else None


def end(case_id: UUID, kind: DeadlineKind, n: int, work: Work) -> None:
    """Let the n-th clock of this kind run no more."""
    for stage in Stage:
        end_deadline(deadline_id(case_id, kind, n, stage), work)


def end_all(case: Case, work: Work) -> None:
    """Let no clock of this case run any more."""
    often = {
        DeadlineKind.TO_BE_ACCEPTED: len(case.assignments),
        DeadlineKind.TO_BE_PLACED: len(case.escalations),
        DeadlineKind.FIRST_CONTACT: 1,
        DeadlineKind.FOLLOW_UP: case.contacts,
    }
    for kind, many in often.items():
        # Those before the last have ended when the next began.
        if many:
            end(case.id, kind, many, work)


def end_deadline(deadline_id_: UUID, work: Work) -> Deadline | None:
    """Let a deadline run no more. It is returned if it was still running."""
    deadline = work.get(DEADLINES, deadline_id_)
    if deadline is None or deadline.due_at is None:
        return None
    work.put(DEADLINES, deadline_id_, deadline.ended())
    return deadline
