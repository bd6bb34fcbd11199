"""Fin de la saisine: whoever ends it, nobody has to do anything about it any more."""

from services.referral import clocks
from services.referral.domain import facts
from services.referral.domain.case import Case
from services.referral.domain.states import Step
from services.referral.placing import leave
from services.referral.referring import cancel
from services.referral.saying import say
from services.referral.store import CASES, duplicates_of
from services.referral.telling import holders_to_tell
from shared.contracts.blocks import Closure
from shared.contracts.vocabulary import CancelReason, CaseOutcome, Standing
from shared.delivery.unit import Work

OUTCOMES = {
    Step.CLOSE: CaseOutcome.CLOSED,
    Step.CLOSE_WITH: CaseOutcome.CLOSED,
    Step.WITHDRAW: CaseOutcome.WITHDRAWN,
    Step.CANCEL: CaseOutcome.CANCELLED,
}
HERS = (Step.CLOSE, Step.CLOSE_WITH)
"""Whoever holds the case does it herself: nobody has to tell her."""


def end_case(case: Case, step: Step, work: Work, closure: Closure | None = None) -> Case:
    """Nobody has to do anything any more: no clock runs, the holder knows, and the station sees the case closed.

    Its duplicates end with it, unless it was a mistake of its station's: then they are no duplicates.
    """
    ended = case.ended(step, work.cause.at)
    told = holders_to_tell(case, work) if step not in HERS else ()
    ended = _without_referrals(ended, step, work)
    clocks.end_all(case, work)
    leave(case, work)
    say(facts.closed(case, OUTCOMES[step], told, closure), case, work)
    say(facts.standing_changed(case, Standing.CLOSED), case, work)
    if step is not Step.CANCEL:
        for each in duplicates_of(case, work):
            work.put(CASES, each.id, end_case(each, Step.CLOSE_WITH if step is Step.CLOSE else step, work))
    return ended


def _without_referrals(case: Case, step: Step, work: Work) -> Case:
    """A withdrawn consent takes with it what rests on it, never what rests on a legal ground; a mistake takes all."""
    match step:
        case Step.WITHDRAW:
            return cancel(case, lambda each: each.ground is None, CancelReason.CONSENT_WITHDRAWN, work)
        case Step.CANCEL:
            return cancel(case, lambda _: True, CancelReason.CASE_ENDED, work)
        case _:
            return case
