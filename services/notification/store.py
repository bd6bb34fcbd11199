"""What notification keeps: notices, and no directory of anybody."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import Any

from services.notification.domain.notice import Notice, NoticeState
from shared.delivery.shelf import Database, Shelf, View
from shared.delivery.unit import Unit
from shared.watch.metrics import NOTICES as NOTICES_ENDED
from shared.watch.metrics import NOTICES_OLDEST_SECONDS, Metrics

NOTICES: Shelf[Notice] = Shelf("notices", Notice, dates=("due_at", "owed_at"))


def _of_cases(case_ids: Collection[str]) -> list[dict[str, Any]]:
    return [{"$match": {"case_id": {"$in": list(case_ids)}}}, {"$project": {"case_id": True}}]


def _by_case(found: Sequence[dict[str, Any]], case_ids: Collection[str]) -> Mapping[str, tuple[str, ...]]:
    return {id_: tuple(row["_id"] for row in found if row["case_id"] == id_) for id_ in case_ids}


OF_A_CASE: View[tuple[str, ...]] = View(NOTICES.name, _of_cases, _by_case)
"""By case: the ids of the notices that were ever owed because of it."""

COUNTED = (NoticeState.SENT, NoticeState.FAILED, NoticeState.UNKNOWN)


def counting_notices(metrics: Metrics) -> Callable[[Unit], None]:
    """Counts how notices ended, of each unit of work that is saved."""

    def count(unit: Unit) -> None:
        states = [each.state.state for each in unit.touched() if each.key[0] is NOTICES]
        for state in states:
            if state in COUNTED:
                metrics[NOTICES_ENDED].labels(state.value).inc()

    return count


def measuring_notices(database: Database, metrics: Metrics) -> Callable[[], Awaitable[None]]:
    """A round that measures how long the notice that has waited longest has been owed."""

    async def measure() -> None:
        metrics[NOTICES_OLDEST_SECONDS].set(await _oldest_owed_seconds(database))

    return measure


async def _oldest_owed_seconds(database: Database) -> float:
    oldest: list[dict[str, Any]] = [
        {"$match": {"due_at": {"$exists": True}}},
        {"$sort": {"owed_at": 1}},
        {"$limit": 1},
        {"$project": {"seconds": {"$divide": [{"$subtract": ["$$NOW", "$owed_at"]}, 1000]}}},
    ]
    cursor = await database[NOTICES.name].aggregate(oldest)
    return max([row["seconds"] async for row in cursor], default=0.0)
