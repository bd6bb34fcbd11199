"""The doors of notification: operators look after notices, providers report what became of theirs."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Body, Query

from services.notification.attempts import NoSuchNotice, NotAgain, note_bounced, note_delivered, send_again
from services.notification.domain.notice import NoticeState
from services.notification.listing import MOST, Listed, Which, notice, notices
from services.notification.reporting import Arrival, Reports, arrival_in
from services.notification.store import NOTICES
from shared.contracts.fields import Block
from shared.contracts.forms import EnhancedStatus, OpaqueCode, UtcTime
from shared.delivery.cause import new_cause
from shared.delivery.delivery import Delivery
from shared.delivery.unit import Work
from shared.web.away import refusals
from shared.web.doors import Who
from shared.web.problems import CONFLICT, NOT_FOUND, Problem


class Returned(Block):
    """That a mail came back, and why, as its bounce says (RFC 3464)."""

    status: EnhancedStatus | None = None


def notice_doors(delivery: Delivery, reports: Reports) -> APIRouter:
    """List, show, send again; take reports in."""
    router = APIRouter(prefix="/v1", tags=["notices"])

    @router.get("/notices", response_model_exclude_none=True)
    async def read_all(
        state: NoticeState | None = None,
        case_id: UUID | None = None,
        ref: Annotated[OpaqueCode | None, Query()] = None,
        before: Annotated[UtcTime | None, Query()] = None,
        limit: Annotated[int, Query(ge=1, le=MOST)] = MOST,
    ) -> list[Listed]:
        """List notices, the newest first, by state, case and recipient."""
        with refusals():
            return list(await notices(delivery.database, Which(state, case_id, ref, before), limit))

    @router.get("/notices/{notice_id}", response_model_exclude_none=True)
    async def read(notice_id: UUID) -> Listed:
        """Show one notice, and how far it has come."""
        with refusals():
            found = await notice(delivery.database, notice_id)
        if found is None:
            raise Problem(NOT_FOUND)
        return found

    @router.post("/notices/{notice_id}/resend", status_code=202)
    async def resend(notice_id: UUID, who: Who) -> dict[str, str]:
        """Have a notice sent once more: never one to the person herself, never one that is still owed."""
        await _perform(delivery, notice_id, lambda work: send_again(notice_id, work), who.authid)
        return {"state": NoticeState.OWED}

    @router.post("/notices/{notice_id}/return", status_code=202)
    async def returned(notice_id: UUID, who: Who, asked: Returned) -> dict[str, str]:
        """Note that a mail came back."""
        await _perform(delivery, notice_id, lambda work: note_bounced(notice_id, asked.status, work), who.authid)
        return {"state": NoticeState.BOUNCED}

    @router.post("/delivery-reports/{notice_id}/{token}", status_code=202)
    async def report(notice_id: UUID, token: str, said: Annotated[Any, Body()]) -> dict[str, str]:
        """Take a provider's report of one notice; its address, which only the provider got, lets it in."""
        if not reports.is_token(notice_id, token):
            raise Problem(NOT_FOUND)
        arrival = arrival_in(said)
        if arrival is Arrival.DELIVERED:
            await _perform(delivery, notice_id, lambda work: note_delivered(notice_id, work))
        elif arrival is Arrival.RETURNED:
            await _perform(delivery, notice_id, lambda work: note_bounced(notice_id, None, work))
        return {"noted": arrival.value}

    return router


async def _perform(delivery: Delivery, notice_id: UUID, act: Callable[[Work], None], by: UUID | None = None) -> None:
    with _refusals():
        await delivery.perform(new_cause(delivery, notice_id, by), act, [(NOTICES, str(notice_id))])


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        with refusals():
            yield
    except NoSuchNotice:
        raise Problem(NOT_FOUND) from None
    except NotAgain:
        raise Problem(CONFLICT, members={"reason": "not-again"}) from None
