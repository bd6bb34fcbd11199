"""What notification keeps: notices, and no directory of anybody."""

from collections.abc import Awaitable, Callable
from typing import Any

from services.notification.domain.notice import Notice, NoticeState
from shared.delivery.shelf import Database, Shelf
from shared.delivery.unit import Unit
from shared.watch.metrics import NOTICES as NOTICES_ENDED
from shared.watch.metrics import NOTICES_OLDEST_SECONDS, Metrics

NOTICES: Shelf[Notice] = Shelf("notices", Notice, dates=("due_at", "owed_at"))

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
