"""What an ISCG keeps of a person beside the file: only of a case that she has taken in charge, as she read it."""

from uuid import UUID

from services.referral.acts.once import StaleVersion
from services.referral.domain.case import Case
from services.referral.domain.dossier import Dossier
from services.referral.domain.states import ForbiddenStep
from services.referral.files import Known
from services.referral.store import DOSSIERS
from shared.delivery.unit import Work


def check_held(case: Case) -> None:
    """Somebody has taken the case in charge. Raises `ForbiddenStep`."""
    if not case.is_held:
        raise ForbiddenStep


def check_unchanged(case_id: UUID, known: Known, work: Work) -> None:
    """What was read of the person still stands: a withdrawal that was committed before wins. Raises `StaleVersion`."""
    if work.version(DOSSIERS, case_id) != known.version:
        raise StaleVersion


def keep(case: Case, known: Known, work: Work, **sealed: str) -> None:
    """Keep sealed blocks in the dossier that was read. Raises `ForbiddenStep`, `StaleVersion`."""
    check_held(case)
    check_unchanged(case.id, known, work)
    before = work.get(DOSSIERS, case.id) or Dossier()
    work.put(DOSSIERS, case.id, before.noted(**sealed))
