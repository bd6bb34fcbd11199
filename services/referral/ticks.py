"""What follows when a clock of a case has run half, and when it runs out: a reminder, a breach, an escalation."""

from datetime import timedelta
from uuid import UUID

from services.referral import clocks
from services.referral.domain import facts
from services.referral.domain.case import Case, Escalation
from services.referral.domain.deadlines import Deadline, Stage
from services.referral.domain.referrals import UNANSWERED
from services.referral.domain.states import CaseState
from services.referral.domain.terms import Terms
from services.referral.placing import LEVELS, escalate
from services.referral.saying import say
from services.referral.store import CASES, partner_of
from services.referral.telling import holders_to_tell, owners_at, owners_to_tell
from shared.contracts.blocks import Recipient
from shared.contracts.vocabulary import DeadlineKind, EscalationLevel, EscalationReason, RecipientRole
from shared.delivery.unit import Work

LATE = timedelta(minutes=15)
"""Ours. Ticks that come later than that come after an outage, and many at once."""


def on_deadline(deadline_id: UUID, work: Work, terms: Terms) -> None:
    """Remind, or say that the time is over and take the case up; nothing, where what was waited for has happened."""
    deadline = clocks.end_deadline(deadline_id, work)
    case = work.get(CASES, deadline.case_id) if deadline else None
    if deadline is None or case is None or not is_awaited(case, deadline):
        return
    told, late = _told(case, deadline, work), is_late(deadline, work)
    if deadline.stage is Stage.REMINDER:
        say(facts.neared(case, deadline, told, late=late), case, work)
    elif deadline.kind is DeadlineKind.PARTNER_ANSWER:
        expired = case.referrals[deadline.n - 1].expired()
        say(facts.expired(case, expired, told), case, work)
        case = case.with_referral(expired)
    else:
        say(facts.missed(case, deadline, told, late=late), case, work)
        case = _taken_up(case, deadline, work, terms)
    work.put(CASES, case.id, case)


def is_awaited(case: Case, deadline: Deadline) -> bool:
    """Whether what this clock waits for has still not happened."""
    match deadline.kind:
        case DeadlineKind.TO_BE_ACCEPTED:
            return case.is_unaccepted(deadline.n)
        case DeadlineKind.TO_BE_PLACED:
            return case.state is CaseState.ESCALATED and len(case.escalations) == deadline.n
        case DeadlineKind.FIRST_CONTACT:
            return case.is_held and case.contacts == 0
        case DeadlineKind.FOLLOW_UP:
            return case.is_held and case.contacts == deadline.n
        case DeadlineKind.PARTNER_ANSWER:
            return case.referrals[deadline.n - 1].state in UNANSWERED


def is_late(deadline: Deadline, work: Work) -> bool:
    """Whether this runs long after it was due: nobody was there to run it."""
    return deadline.due_at is not None and work.cause.at - deadline.due_at > LATE


def _taken_up(case: Case, deadline: Deadline, work: Work, terms: Terms) -> Case:
    at, late = work.cause.at, is_late(deadline, work)
    match deadline.kind:
        case DeadlineKind.TO_BE_ACCEPTED:
            assignment_id = case.assignments[-1].id
            reason = EscalationReason.NOT_ACCEPTED
            escalation = Escalation(reason=reason, escalated_at=at, assignment_id=assignment_id)
            return escalate(case, escalation, work, terms, late=late)
        case DeadlineKind.TO_BE_PLACED if case.escalations[-1].level is not LEVELS[-1]:
            level = LEVELS[LEVELS.index(case.escalations[-1].level) + 1]
            reason = EscalationReason.NOT_PLACED
            return escalate(case, Escalation(reason=reason, escalated_at=at, level=level), work, terms, late=late)
        case _:
            return case


def _told(case: Case, deadline: Deadline, work: Work) -> tuple[Recipient, ...]:
    """A reminder goes to whoever has to act; a breach also to the coordinator, where no escalation tells her anyway."""
    is_over = deadline.stage is Stage.BREACH
    match deadline.kind:
        case DeadlineKind.TO_BE_PLACED:
            level = case.escalations[-1].level
            return () if is_over and level is not LEVELS[-1] else _owners(case, level, work)
        case DeadlineKind.TO_BE_ACCEPTED if is_over:
            return ()
        case DeadlineKind.PARTNER_ANSWER if not is_over:
            partner = partner_of(case.referrals[deadline.n - 1], work)
            return (partner.told_as(partner.id, RecipientRole.PARTNER),) if partner else ()
        case DeadlineKind.FIRST_CONTACT if is_over:
            coordinator = owners_at(EscalationLevel.COORDINATOR, case, work)
            return (*holders_to_tell(case, work), *(each.told_as_owner() for each in coordinator))
        case _:
            return holders_to_tell(case, work)


def _owners(case: Case, level: EscalationLevel, work: Work) -> tuple[Recipient, ...]:
    return owners_to_tell(owners_at(level, case, work), case.urgency)
