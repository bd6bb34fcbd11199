"""Counts what a report tells of its person, beside whatever else is done with it."""

from collections.abc import Callable
from uuid import UUID

from services.referral.domain.case import Case
from services.referral.domain.statistics import counted
from services.referral.store import CASES, COUNTED
from services.referral.views import KNOWN, NONE, names_of
from shared.contracts.events import ReportAccepted, ReportCorrected, ReportWithdrawn
from shared.delivery.unit import Work

Blind = Callable[[UUID], UUID]
Reported = ReportAccepted | ReportCorrected | ReportWithdrawn


def count(handle: Callable[..., None], blind: Blind) -> Callable[..., None]:
    """The same handler, which also counts what a report tells of its person, under an id that names no case."""

    def handle_and_count(report: Reported, work: Work) -> None:
        handle(report, work)
        case = work.get(CASES, report.case_id) if report.case_id else None
        if case and not case.test:
            _count(report, case, blind(case.id), work)

    return handle_and_count


def _count(report: Reported, case: Case, row: UUID, work: Work) -> None:
    if isinstance(report, ReportWithdrawn):
        if before := work.get(COUNTED, row):
            work.put(COUNTED, row, before.model_copy(update={"counts": False}))
    elif report.file:
        others = (each for name in names_of(report.file) for each in work.get(KNOWN, name) or NONE)
        is_known = any(each.report_id != str(case.report_id) for each in others)
        if told := counted(report.file, case.received_at.date(), case.departement, is_known=is_known):
            work.put(COUNTED, row, told)
