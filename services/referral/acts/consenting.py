"""What a person agrees to, as her ISCG collects it; and the referrals that rest on it."""

from datetime import date
from uuid import UUID

from services.referral.acts.finding import held_case
from services.referral.acts.once import Command, once
from services.referral.acts.recording import check_held, check_unchanged, keep
from services.referral.domain import facts
from services.referral.domain.case import Case
from services.referral.domain.consent import ConsentMissing, has_agreed_to_contact, may_be_told, with_consent
from services.referral.domain.partners import Partner
from services.referral.domain.referrals import Referral
from services.referral.domain.states import ForbiddenStep, Step
from services.referral.domain.terms import Terms
from services.referral.ending import end_case
from services.referral.files import Known
from services.referral.referring import cancel, refer
from services.referral.saying import say
from services.referral.store import CASES, PARTNERS, Answer, duplicates_of, partner_of
from shared.contracts.days import day_there
from shared.contracts.person import Consent
from shared.contracts.report import CaseFile
from shared.contracts.vocabulary import CancelReason, LegalGround, can_be_told
from shared.delivery.unit import Work


class NoSuchPartner(Exception):
    """There is no such partner in the département of the case, or nobody is referred to it any more."""


def collect_consent(command: Command, consent: Consent, sealed: str, known: Known, work: Work) -> Answer:
    """Keep what the person agrees to now, in place of all that was known of it.

    Open referrals that rest on a consent which is gone are cancelled, never those on a legal ground; whoever wants no
    contact any more is left in peace. `sealed` is the consent as it is kept. Raises `ForbiddenStep`, `StaleVersion`.
    """

    def step(case: Case, work: Work) -> Case:
        keep(case, known, work, consent=sealed)
        say(facts.consent_collected(work.cause.id, consent), case, work)
        file = with_consent(known.file, consent) if known.file else None
        for each in duplicates_of(case, work):
            work.put(CASES, each.id, _without_consent(each, file, work))
        case = _without_consent(case, file, work)
        if file and has_agreed_to_contact(file, _today(case, work)):
            case = case.unsilenced()
        return case if file is None or file.may_be_contacted() else end_case(case, Step.WITHDRAW, work)

    return once(command, held_case, step, work)


def refer_to(
    command: Command, partner_id: str, ground: LegalGround | None, known: Known, work: Work, *, terms: Terms
) -> Answer:
    """Ask a partner to help, as far as the person agreed or a legal ground lets it happen without her.

    Raises `NoSuchPartner`, `ConsentMissing`, `ForbiddenStep`, `StaleVersion`.
    """

    def step(case: Case, work: Work) -> Case:
        check_held(case)
        check_unchanged(case.id, known, work)
        partner = _partner(partner_id, case, work)
        _check_told(partner, ground, known.file, _today(case, work))
        referral = Referral(
            id=work.cause.id, partner_id=partner.id, ground=ground, answer_by=work.cause.at + terms.answer_within
        )
        return refer(case, referral, partner, work)

    return once(command, held_case, step, work)


def take_back(command: Command, referral_id: UUID, work: Work) -> Answer:
    """Take one referral back. Raises `NoSuchCase`, `ForbiddenStep`."""

    def step(case: Case, work: Work) -> Case:
        if not case.referral(referral_id).is_open:
            raise ForbiddenStep
        return cancel(case, lambda each: each.id == referral_id, CancelReason.BY_ISCG, work)

    return once(command, held_case, step, work)


def _without_consent(case: Case, file: CaseFile | None, work: Work) -> Case:
    today = _today(case, work)
    return cancel(case, lambda each: not _holds(each, file, today, work), CancelReason.CONSENT_WITHDRAWN, work)


def _today(case: Case, work: Work) -> date:
    return day_there(work.cause.at, case.zone)


def _holds(referral: Referral, file: CaseFile | None, today: date, work: Work) -> bool:
    """Whether an open referral still has something to rest on."""
    if referral.ground is not None:
        return True
    partner = partner_of(referral, work)
    return partner is not None and file is not None and may_be_told(file, partner.type, today)


def _partner(partner_id: str, case: Case, work: Work) -> Partner:
    partner = work.get(PARTNERS, partner_id)
    if partner is None or partner.departement != case.departement or not partner.is_listed_on(_today(case, work)):
        raise NoSuchPartner
    return partner


def _check_told(partner: Partner, ground: LegalGround | None, file: CaseFile | None, today: date) -> None:
    is_allowed = can_be_told(partner.type, ground) if ground else False
    if not is_allowed and (ground or file is None or not may_be_told(file, partner.type, today)):
        raise ConsentMissing
