"""Reads what coverage is counted from: all posts, all stations, and the reports of the year before."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta

from services.referral.domain.coverage import Coverage, coverage
from services.referral.store import CASES, POSTS, STATIONS
from shared.asking import Document, ask
from shared.delivery.shelf import Database

YEAR = timedelta(days=365)


async def read_coverage(database: Database, on: date, since: date | None = None) -> tuple[Coverage, ...]:
    """The coverage of every département on a day, compared with an earlier one if that is asked for."""
    posts, stations = await ask(database, [(POSTS.name, []), (STATIONS.name, [])])
    return coverage(
        [POSTS.state(row) for row in posts],
        [STATIONS.state(row) for row in stations],
        await _reports(database, on),
        on,
        since,
    )


async def _reports(database: Database, on: date) -> Mapping[str, int]:
    until = datetime.combine(on, time.max, UTC)
    year: list[Document] = [
        {"$match": {"received_at": {"$gt": until - YEAR, "$lte": until}, "test": False}},
        {"$group": {"_id": "$departement", "reports": {"$sum": 1}}},
    ]
    cursor = await database[CASES.name].aggregate(year)
    return {row["_id"]: row["reports"] async for row in cursor}
