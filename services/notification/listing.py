"""Finds notices for operators: which there are, how far each has come, and never whom they reach by which address."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from services.notification.domain.notice import Notice, NoticeKind, NoticeState
from services.notification.domain.reference import reference
from services.notification.store import NOTICES
from shared.contracts.fields import Block
from shared.contracts.forms import OpaqueCode, UtcTime
from shared.contracts.vocabulary import NoticeChannel, NoticeFailure, RecipientRole, Urgency
from shared.delivery.shelf import Database

MOST = 100


class Listed(Block):
    """A notice as an operator sees it."""

    id: UUID
    case_id: UUID
    reference: str
    kind: NoticeKind
    ref: OpaqueCode
    role: RecipientRole
    channel: NoticeChannel
    more: tuple[NoticeChannel, ...]
    template: OpaqueCode
    template_version: int
    urgency: Urgency | None = None
    test: bool
    state: NoticeState
    failure: NoticeFailure | None = None
    attempts: int
    owed_at: UtcTime
    due_at: UtcTime | None = None


class Which(NamedTuple):
    """Which notices somebody asks for: all that fit all that is given."""

    state: NoticeState | None = None
    case_id: UUID | None = None
    ref: OpaqueCode | None = None
    before: datetime | None = None


async def notices(database: Database, which: Which, most: int = MOST) -> Sequence[Listed]:
    """The newest first; `before` is the `owed_at` of the last one that was seen."""
    wanted: dict[str, Any] = {
        "state": which.state.value if which.state else None,
        "case_id": str(which.case_id) if which.case_id else None,
        "ref": which.ref,
        "owed_at": {"$lt": which.before} if which.before else None,
    }
    given = {name: value for name, value in wanted.items() if value is not None}
    cursor = database[NOTICES.name].find(given, sort=[("owed_at", -1), ("_id", 1)], limit=most)
    return [_listed(NOTICES.state(row)) async for row in cursor]


async def notice(database: Database, notice_id: UUID) -> Listed | None:
    """One notice, if there is such a one."""
    row = await database[NOTICES.name].find_one({"_id": str(notice_id)})
    return _listed(NOTICES.state(row)) if row else None


def _listed(found: Notice) -> Listed:
    members = found.model_dump(include=Listed.model_fields.keys() & Notice.model_fields.keys())
    return Listed(reference=reference(found.case_id), **members)
