"""How reports stand, for the integrator that has handed them in; and the keys that everybody may know."""

from functools import partial
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Response
from uuid6 import uuid7

from services.intake.domain.submission import identity
from services.intake.store import REPORTS, SIGNING_IN
from shared.contracts.fields import Block
from shared.contracts.forms import UtcTime
from shared.contracts.vocabulary import Standing
from shared.delivery.cause import Actor, Cause
from shared.delivery.delivery import Delivery
from shared.delivery.failures import is_infrastructure
from shared.delivery.unit import Work
from shared.vault.ring import Ring
from shared.web.doors import Who
from shared.web.problems import NOT_FOUND, Problem, unavailable

KEYS_KEPT = "public, max-age=3600"


class Followed(Block):
    """How a report stands: all that its station may ever know."""

    report_id: UUID
    revision: int | None
    standing: Standing
    received_at: UtcTime


def standing_doors(delivery: Delivery, ring: Ring) -> APIRouter:
    """What vendors may ask about what they have handed in."""
    router = APIRouter(tags=["reports"])

    @router.get("/.well-known/jwks.json")
    async def publish_keys(answer: Response) -> dict[str, Any]:
        """The keys to seal reports with, and to check receipts with."""
        answer.headers["cache-control"] = KEYS_KEPT
        return dict(ring.public())

    @router.get("/v1/reports/{report_id}")
    async def follow(report_id: UUID, who: Who) -> Followed:
        """Tell the integrator that handed a report in how it stands; to anybody else it does not exist."""
        cause = Cause(uuid7(), delivery.clock.now(), by=Actor("app_user", str(who.authid)))
        try:
            found = await delivery.perform(cause, partial(find_report, report_id, who.authid))
        except Exception as error:
            if not is_infrastructure(error):
                raise
            raise unavailable() from error
        if found is None:
            raise Problem(NOT_FOUND)
        return found

    return router


def find_report(report_id: UUID, authid: UUID, work: Work) -> Followed | None:
    """The report under this id of the integrator that asks, if it has handed one in."""
    integrator = work.get(SIGNING_IN, authid)
    filed = work.get(REPORTS, identity(integrator.code, report_id)) if integrator else None
    if filed is None:
        return None
    return Followed(
        report_id=report_id,
        revision=filed.revision,
        standing=filed.standing,
        received_at=filed.receipt.received_at,
    )
