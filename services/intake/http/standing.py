"""How reports stand, for the integrator that has handed them in."""

from collections.abc import Callable
from functools import partial
from typing import Annotated, TypeVar
from uuid import UUID

from fastapi import APIRouter, Query

from services.intake.domain.filed import FiledReport
from services.intake.domain.registry import Integrator
from services.intake.domain.submission import identity
from services.intake.http.cursor import read_cursor, write_cursor
from services.intake.http.openapi import SIGNED_IN
from services.intake.http.patience import patiently
from services.intake.listing import UnknownPlace, list_reports
from services.intake.store import REPORTS, SIGNING_IN
from shared.contracts.blocks import Fault
from shared.contracts.fields import Block
from shared.contracts.forms import UtcTime
from shared.contracts.vocabulary import RejectReason, Standing
from shared.delivery.cause import Actor, new_cause
from shared.delivery.delivery import Delivery
from shared.delivery.unit import Work
from shared.web.doors import Caller, Who
from shared.web.problems import MALFORMED_CURSOR, NOT_FOUND, UNKNOWN_INTEGRATOR, Problem

T = TypeVar("T")
LONGEST_PAGE = 100


class Followed(Block):
    """How a report stands: all that its station may ever know."""

    report_id: UUID
    revision: int | None
    standing: Standing
    received_at: UtcTime
    reason: RejectReason | None = None
    faults: tuple[Fault, ...] = ()


class Page(Block):
    """Reports of one integrator, in the order in which they changed last."""

    reports: tuple[Followed, ...]
    next: str
    more: bool


def standing_doors(delivery: Delivery) -> APIRouter:
    """What vendors may ask about what they have handed in."""
    router = APIRouter(tags=["standing"])

    @router.get("/v1/reports", response_model_exclude_defaults=True, **SIGNED_IN)
    async def follow_all(
        who: Who,
        since: Annotated[str | None, Query(max_length=64)] = None,
        limit: Annotated[int, Query(ge=1, le=LONGEST_PAGE)] = LONGEST_PAGE,
    ) -> Page:
        """Tell an integrator which of its reports have changed since it asked last."""
        integrator = await _look(delivery, who, lambda work: work.get(SIGNING_IN, who.authid))
        if integrator is None:
            raise Problem(UNKNOWN_INTEGRATOR)
        return await _page(delivery, integrator, read_cursor(since) if since else 0, limit)

    @router.get("/v1/reports/{report_id}", response_model_exclude_defaults=True, **SIGNED_IN)
    async def follow(report_id: UUID, who: Who) -> Followed:
        """Tell the integrator that handed a report in how it stands; to anybody else it does not exist."""
        found = await _look(delivery, who, partial(find_report, report_id, who.authid))
        if found is None:
            raise Problem(NOT_FOUND)
        return _followed(found)

    return router


def find_report(report_id: UUID, authid: UUID, work: Work) -> FiledReport | None:
    """The report under this id of the integrator that asks, if it has handed one in."""
    integrator: Integrator | None = work.get(SIGNING_IN, authid)
    return work.get(REPORTS, identity(integrator.code, report_id)) if integrator else None


async def _page(delivery: Delivery, integrator: Integrator, since: int, limit: int) -> Page:
    try:
        found = await patiently(list_reports(delivery.database, integrator.code, since, limit))
    except UnknownPlace:
        raise Problem(MALFORMED_CURSOR) from None
    reports = tuple(map(_followed, found.reports))
    return Page(reports=reports, next=write_cursor(found.last), more=found.has_more)


def _followed(filed: FiledReport) -> Followed:
    receipt = filed.receipt
    return Followed(
        report_id=filed.report_id,
        revision=filed.revision,
        standing=filed.standing,
        received_at=receipt.received_at,
        reason=receipt.reason,
        faults=receipt.faults,
    )


async def _look(delivery: Delivery, who: Caller, look: Callable[[Work], T]) -> T:
    cause = new_cause(delivery, by=Actor("service_account", str(who.authid)))
    return await patiently(delivery.perform(cause, look))
