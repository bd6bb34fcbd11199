"""What a partner answers to the referral that it was sent."""

from uuid import UUID

from services.referral import clocks
from services.referral.acts.once import Command, answer_once
from services.referral.domain import facts
from services.referral.domain.case import Case, NoSuchCase
from services.referral.domain.partners import Partner
from services.referral.domain.referrals import UNANSWERED, Referral
from services.referral.referring import ANSWER
from services.referral.saying import say
from services.referral.store import CASES, Answer, known_case, partner_of
from services.referral.telling import holders_to_tell
from shared.contracts.blocks import Answered
from shared.delivery.unit import Work


def referred(referral_id: UUID, case_id: UUID, by: UUID, work: Work) -> tuple[Case, Referral, Partner]:
    """The referral that somebody who signs in was sent. Raises `NoSuchCase` for anybody else."""
    case = known_case(case_id, work)
    referral = case.referral(referral_id)
    partner = partner_of(referral, work)
    if partner is None or partner.authid != by:
        raise NoSuchCase
    return case, referral, partner


def answer(command: Command, referral_id: UUID, answered: Answered, work: Work) -> Answer:
    """Keep a partner's answer, and tell the ISCG. The state of the referral tells what can be answered: no version.

    Raises `NoSuchCase`, `ForbiddenStep`, `KeyReused`.
    """

    def first(request: str) -> Answer:
        case, referral, _ = referred(referral_id, command.case_id, command.by, work)
        case, _ = keep_answer(case, referral, answered, work)
        work.put(CASES, case.id, case)
        return Answer(subject=str(case.id), request=request, made=referral_id)

    return answer_once(command, first, work)


def keep_answer(case: Case, referral: Referral, answered: Answered, work: Work) -> tuple[Case, Referral]:
    """What a partner answers, whichever way: its clock ends, and the ISCG is told. Raises `ForbiddenStep`."""
    referral = referral.answered(answered.answer, answered.appointment_on)
    if referral.state not in UNANSWERED:
        clocks.end(case.id, ANSWER, case.referral_number(referral.id), work)
    say(facts.answered(case, referral, answered, holders_to_tell(case, work)), case, work)
    return case.with_referral(referral), referral
