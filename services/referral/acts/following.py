"""What an ISCG does with a case that she has taken in charge: try to reach the person, see her, close the case."""

from collections.abc import Sequence

from services.referral import clocks
from services.referral.acts.finding import held_case
from services.referral.acts.once import Command, once
from services.referral.domain import facts
from services.referral.domain.case import Case
from services.referral.domain.following import ContactAttempt, Interview, NoCripListed, check_closure
from services.referral.domain.referrals import Referral
from services.referral.domain.states import Step
from services.referral.domain.terms import Terms
from services.referral.ending import end_case
from services.referral.referring import directory_of, refer
from services.referral.saying import say
from services.referral.standing import tell_standing
from services.referral.store import Answer
from shared.contracts.blocks import Closure
from shared.contracts.days import day_there
from shared.contracts.report import CaseFile
from shared.contracts.vocabulary import CripAnswer, DeadlineKind, LegalGround, PartnerType, Standing
from shared.delivery.unit import Work


def note_attempt(command: Command, attempt: ContactAttempt, work: Work, terms: Terms) -> Answer:
    """Note that she has tried to reach the person. Raises `ForbiddenStep`."""

    def step(case: Case, work: Work) -> Case:
        noted = case.attempted(attempt)
        say(facts.attempted(attempt), noted, work)
        return _after_contact(case, noted, work, terms)

    return once(command, held_case, step, work)


def note_interview(command: Command, interview: Interview, work: Work, terms: Terms) -> Answer:
    """Note that she has seen or heard the person. Raises `ForbiddenStep`."""

    def step(case: Case, work: Work) -> Case:
        noted = case.met(interview)
        say(facts.held(interview), noted, work)
        return _after_contact(case, noted, work, terms)

    return once(command, held_case, step, work)


def tell_unreachable(command: Command, work: Work) -> Answer:
    """Tell the station that the person can't be reached; the case stays open. Raises `ForbiddenStep`."""

    def step(case: Case, work: Work) -> Case:
        missed = case.missed()
        if case.standing is not Standing.NOT_REACHABLE:
            say(facts.not_reached(case.assignments[-1]), case, work)
        tell_standing(case, missed, work)
        return missed

    return once(command, held_case, step, work)


def close(command: Command, closure: Closure, files: Sequence[CaseFile | None], work: Work, *, terms: Terms) -> Answer:
    """Close a case. Where minors are concerned, the question about the CRIP must be answered; yes refers to the CRIP.

    `files` are its own and those of its duplicates, which are closed with it.
    Raises `CripUnanswered`, `ReasonMissing`, `NoCripListed`, `ForbiddenStep`.
    """

    def step(case: Case, work: Work) -> Case:
        for file in files:
            check_closure(closure, file, day_there(case.received_at, case.zone))
        if closure.crip is CripAnswer.SENT:
            case = _tell_crip(case, work, terms)
        return end_case(case, Step.CLOSE, work, closure)

    return once(command, held_case, step, work)


def _tell_crip(case: Case, work: Work, terms: Terms) -> Case:
    """Information préoccupante: the CRIP is told on the legal ground that needs no consent, unless it was before."""
    crips = [each for each in directory_of(case.departement, work) if each.type is PartnerType.CRIP]
    if not crips:
        raise NoCripListed
    if {each.partner_id for each in case.referrals} & {each.id for each in crips}:
        return case
    ground, answer_by = LegalGround.MINOR_IN_DANGER, work.cause.at + terms.answer_within
    referral = Referral(id=work.cause.id, partner_id=crips[0].id, ground=ground, answer_by=answer_by)
    return refer(case, referral, crips[0], work)


def _after_contact(before: Case, noted: Case, work: Work, terms: Terms) -> Case:
    """From each contact on, the next one is to come in time."""
    if noted.contacts > before.contacts:
        kind, n = (DeadlineKind.FOLLOW_UP, before.contacts) if before.contacts else (DeadlineKind.FIRST_CONTACT, 1)
        clocks.end(noted.id, kind, n, work)
        clocks.await_contact(noted, work, terms)
    return noted
