"""Orientations: finds whom to ask, sends a referral, and takes back those that have nothing to rest on any more."""

from collections.abc import Callable
from functools import partial

from services.referral import clocks
from services.referral.domain import facts
from services.referral.domain.case import Case
from services.referral.domain.partners import Partner, in_order
from services.referral.domain.referrals import UNANSWERED, Referral
from services.referral.saying import say
from services.referral.store import partner_of
from services.referral.views import PARTNERS_IN, REFERRED_TO
from shared.contracts.days import day_in
from shared.contracts.vocabulary import CancelReason, DeadlineKind
from shared.delivery.unit import Work

ANSWER = DeadlineKind.PARTNER_ANSWER


def directory_of(departement: str, work: Work) -> tuple[Partner, ...]:
    """The partners of a département, in the order in which they are asked now."""
    known = work.get(PARTNERS_IN, departement) or ()
    return in_order(known, day_in(departement, work.cause.at), partial(is_full, work=work))


def is_full(partner: Partner, work: Work) -> bool:
    """Whether a partner holds as many open referrals as it can."""
    return partner.capacity is not None and (work.get(REFERRED_TO, partner.id) or 0) >= partner.capacity


def refer(case: Case, referral: Referral, partner: Partner, work: Work) -> Case:
    """Ask a partner to help, and wait for its answer."""
    say(facts.referred(case, referral, partner), case, work)
    n = len(case.referrals) + 1
    clocks.begin(case, ANSWER, n, work.cause.at, referral.answer_by, work=work)
    if partner.capacity is not None:
        work.put(REFERRED_TO, partner.id, (work.get(REFERRED_TO, partner.id) or 0) + 1)
    return case.referred(referral)


def cancel(case: Case, which: Callable[[Referral], bool], reason: CancelReason, work: Work) -> Case:
    """Take back the open referrals of this kind: their partners are told, and nobody waits for an answer."""
    for n, referral in enumerate(case.referrals, 1):
        if referral.is_open and which(referral):
            partner = partner_of(referral, work)
            say(facts.cancelled(case, referral, reason, partner), case, work)
            if referral.state in UNANSWERED:
                clocks.end(case.id, ANSWER, n, work)
            case = case.with_referral(referral.cancelled())
    return case
