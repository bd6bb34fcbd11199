"""Inspection by two: one asks who is behind a line of the log, another grants it, the first looks within the hour."""

from datetime import datetime
from uuid import UUID

from services.referral.domain import facts
from services.referral.domain.case import Case
from services.referral.domain.inspections import LASTS, Inspection, NoSuchInspection
from services.referral.saying import say
from services.referral.store import INSPECTIONS, known_case
from shared.contracts.rights import Right
from shared.delivery.unit import Work


def ask_inspection(inspection: Inspection, work: Work) -> UUID:
    """Ask to see who a case is about. Raises `NoSuchCase`."""
    case = known_case(inspection.case_id, work)
    work.put(INSPECTIONS, inspection.id, inspection)
    say(facts.inspection_requested(inspection), case, work)
    return inspection.id


def grant_inspection(inspection_id: UUID, by: UUID, work: Work) -> datetime:
    """Grant what another person asked. Until when she may look. Raises `NoSuchInspection`, `OwnRequest`."""
    inspection = _inspection(inspection_id, work).granted(by, work.cause.at)
    work.put(INSPECTIONS, inspection_id, inspection)
    say(facts.inspection_granted(inspection), known_case(inspection.case_id, work), work)
    return work.cause.at + LASTS


def granted_inspection(inspection_id: UUID, by: UUID, work: Work) -> Inspection:
    """The request, for whoever made it and may look now. Raises `NoSuchInspection` for anybody else."""
    inspection = _inspection(inspection_id, work)
    if not inspection.is_open_to(by, work.cause.at):
        raise NoSuchInspection
    return inspection


def inspected_case(inspection_id: UUID, by: UUID, work: Work) -> tuple[Case, Right]:
    """The case that was asked about. Raises `NoSuchInspection`, `NoSuchCase`."""
    return known_case(granted_inspection(inspection_id, by, work).case_id, work), Right.INSPECTS


def _inspection(inspection_id: UUID, work: Work) -> Inspection:
    inspection = work.get(INSPECTIONS, inspection_id)
    if inspection is None:
        raise NoSuchInspection
    return inspection
