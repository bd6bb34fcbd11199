"""Forgets the people of cases whose time is over: it is decided, their keys are destroyed, and it is said.

Whoever dies between is made up for: what was decided and not said yet is due again, and nothing of it hurts twice.
"""

from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from uuid import UUID, uuid4

import structlog

from services.referral.acts.erasing import begin_erasure, end_erasure, erase_again
from services.referral.counting import COUNTED_BY, Counts, count_cases
from services.referral.domain.case import UnderHold
from services.referral.domain.states import ENDED, CaseState
from services.referral.domain.statistics import Counted
from services.referral.store import CASES, DOSSIERS
from shared.asking import Document
from shared.contracts.vocabulary import ErasureReason
from shared.delivery.cause import new_cause
from shared.delivery.delivery import Delivery
from shared.delivery.periodic import for_each
from shared.delivery.shelf import Database
from shared.delivery.unit import Work

MOST = 500
"""Cases at once: the rest waits for the next round."""
OVER = sorted(ENDED - {CaseState.ERASED})
log = structlog.get_logger()


async def due_for_erasure(database: Database, keep: timedelta, most: int = MOST) -> Sequence[UUID]:
    """The ended cases whose person was last met longer ago than they are kept, or reported, where she never was.

    By the database's clock; none under a legal hold.
    """
    last = {"$ifNull": ["$last_contact_at", "$received_at"]}
    long_ago = {"$lt": [last, {"$subtract": ["$$NOW", round(keep.total_seconds() * 1000)]}]}
    over: Document = {"state": {"$in": OVER}, "hold": {"$ne": True}, "$expr": long_ago}
    begun: Document = {"state": CaseState.ERASED, "erased_at": None}
    found = database[CASES.name].find({"$or": [over, begun]}, {"_id": True}).limit(most)
    return [UUID(row["_id"]) async for row in found]


async def erase_due(delivery: Delivery, keep: timedelta) -> None:
    """Forget whoever is due. Raises `ItemsFailed`: then all of them but some are forgotten."""
    cases = await due_for_erasure(delivery.database, keep)
    await for_each(cases, partial(_erase_unless_held, delivery), "erase-cases", "case_id")


async def _erase_unless_held(delivery: Delivery, case_id: UUID) -> None:
    try:
        with delivery.tracing.hop("run", "erase-case", case_id=case_id):
            await erase_case(delivery, case_id, ErasureReason.RETENTION)
    except UnderHold:
        log.info("erasure-held", case_id=case_id)


async def erase_case(delivery: Delivery, case_id: UUID, reason: ErasureReason, by: UUID | None = None) -> None:
    """Forget whose case this was. Raises `NoSuchCase`, `UnderHold`, `ForbiddenStep`: then nothing was destroyed."""
    row = await _row_left(delivery, case_id)
    can_tell = not await delivery.vault.forgotten([str(case_id)])
    await _perform(delivery, case_id, by, partial(begin_erasure, case_id, row, can_tell=can_tell))
    await delivery.vault.forget_case(str(case_id))
    await _perform(delivery, case_id, by, partial(end_erasure, case_id, reason))


async def undone(delivery: Delivery, erased: Sequence[UUID]) -> list[UUID]:
    """Those of these cases whose keys are there again, or whose dossier is: a backup was restored."""
    ids = [str(each) for each in erased]
    kept = {"_id": {"$in": ids}, "$or": [{"file": {"$ne": None}}, {"contact": {"$ne": None}}]}
    dossiers = {row["_id"] async for row in delivery.database[DOSSIERS.name].find(kept, {"_id": True})}
    forgotten = await delivery.vault.forgotten(ids)
    return [each for each in erased if str(each) in dossiers or str(each) not in forgotten]


async def repeat_erasure(delivery: Delivery, case_id: UUID) -> None:
    """Forget once more whose case this was. The log knows it already: a hold that the backup brought back is over."""
    await delivery.vault.forget_case(str(case_id))
    await _perform(delivery, case_id, None, partial(erase_again, case_id))


async def _row_left(delivery: Delivery, case_id: UUID) -> tuple[UUID, Counted] | None:
    """What is counted of it for ever; nothing of a test or a duplicate, nor where its file can't be opened any more."""
    which = {"_id": str(case_id), "test": False, "merge": None, "state": {"$ne": CaseState.ERASED}}
    cases = await delivery.database[CASES.name].find(which, dict.fromkeys(COUNTED_BY, True)).to_list()
    rows = await count_cases(Counts(delivery.database, delivery.vault), cases)
    return (uuid4(), rows[0]) if rows else None


async def _perform(delivery: Delivery, case_id: UUID, by: UUID | None, act: Callable[[Work], None]) -> None:
    await delivery.perform(new_cause(delivery, case_id, by), act, [(CASES, str(case_id))])
