"""Says a fact of a case: counted by the case, and correlated with it."""

from services.referral.domain.case import Case
from services.referral.store import CASES
from shared.contracts.event import Event
from shared.delivery.unit import Work


def say(event: Event, case: Case, work: Work) -> None:
    """Say a fact of this case."""
    work.say(event, case.id, of=(CASES, case.id), correlation=case.id)
