"""Lists an integrator's reports in the order in which they changed, so that nobody who reads on misses one.

A number that is taken while a report is saved would be seen out of turn: who saves later may commit first. So a report
is numbered only after it was saved, by whoever reads the list, under the one counter of its integrator; and saving it
anew drops its number, as the engine replaces the whole document: it comes again at the end.
"""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pymongo import ReadPreference, UpdateOne
from pymongo.asynchronous.client_session import AsyncClientSession

from services.intake.domain.filed import FiledReport
from services.intake.store import LISTINGS, REPORTS
from shared.delivery.failures import Contended, is_conflict, is_write_conflict
from shared.delivery.shelf import Database
from shared.delivery.transaction import MAJORITY, SNAPSHOT

Row = dict[str, Any]
MOST_ATTEMPTS, A_MOMENT = 8, (0.005, 0.05)


class UnknownPlace(Exception):
    """The list of this integrator has not grown so far."""


@dataclass(frozen=True, slots=True)
class Listed:
    """One page of the list: the reports, the place of the last one, and whether more follow already."""

    reports: Sequence[FiledReport]
    last: int
    has_more: bool


async def list_reports(database: Database, integrator: str, since: int, most: int) -> Listed:
    """What has changed since a place of the list, oldest change first. Raises `UnknownPlace`, `Contended`."""
    for _ in range(MOST_ATTEMPTS):
        try:
            async with (
                database.client.start_session() as session,
                await session.start_transaction(SNAPSHOT, MAJORITY, ReadPreference.PRIMARY),
            ):
                return await _page(database, session, integrator, since, most)
        except Exception as error:
            if not (is_write_conflict(error) or is_conflict(error)):
                raise
            await asyncio.sleep(random.uniform(*A_MOMENT))  # noqa: S311
    raise Contended


async def _page(database: Database, session: AsyncClientSession, integrator: str, since: int, most: int) -> Listed:
    place = await database[LISTINGS].find_one({"_id": integrator}, session=session)
    end = place["last"] if place else 0
    if since > end:
        raise UnknownPlace
    found = await _after(database, session, integrator, since, most)
    if len(found) <= most and await _number(database, session, integrator, end, most + 1 - len(found)):
        found = await _after(database, session, integrator, since, most)
    page = found[:most]
    last = page[-1]["listed"] if page else since
    return Listed([REPORTS.state(document) for document in page], last, len(found) > most)


async def _after(database: Database, session: AsyncClientSession, integrator: str, since: int, most: int) -> list[Row]:
    which = {"integrator": integrator, "listed": {"$gt": since}}
    return await database[REPORTS.name].find(which, session=session).sort("listed").limit(most + 1).to_list()


async def _number(database: Database, session: AsyncClientSession, integrator: str, end: int, most: int) -> int:
    """Give the next numbers to reports that have none. Returns to how many."""
    reports, unlisted = database[REPORTS.name], {"integrator": integrator, "listed": None}
    waiting = await reports.find(unlisted, {"_id": True}, session=session).limit(most).to_list()
    if waiting:
        # Whoever numbers at the same time meets us here, and one of us begins anew.
        grown = {"$set": {"last": end + len(waiting)}}
        await database[LISTINGS].update_one({"_id": integrator}, grown, upsert=True, session=session)
        rows = enumerate(waiting, start=end + 1)
        numbered = [UpdateOne({"_id": row["_id"]}, {"$set": {"listed": n}}) for n, row in rows]
        await reports.bulk_write(numbered, ordered=False, session=session)
    return len(waiting)
