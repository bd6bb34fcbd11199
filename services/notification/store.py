"""What notification keeps: notices, and no directory of anybody."""

import time
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import Any

from services.notification.domain.notice import ADDRESS_KEPT, MOST_AN_HOUR, Gathering, Notice, NoticeState
from services.notification.domain.stopping import Stop
from shared.delivery.shelf import Beside, Database, Shelf, View
from shared.delivery.unit import Unit
from shared.watch.metrics import NOTICE_SECONDS, NOTICES_OLDEST_SECONDS, Metrics
from shared.watch.metrics import NOTICES as NOTICES_ENDED

NOTICES: Shelf[Notice] = Shelf("notices", Notice, dates=("due_at", "owed_at"))
STOPS: Shelf[Stop] = Shelf("stops", Stop)
GATHERINGS: Shelf[Gathering] = Shelf("gatherings", Gathering)
A_PIPELINE = 100
DIGEST = Beside(GATHERINGS, "digest_id", NOTICES)


def _of_cases(case_ids: Collection[str]) -> list[dict[str, Any]]:
    return [{"$match": {"case_id": {"$in": list(case_ids)}}}, {"$project": {"case_id": True}}]


def _by_case(found: Sequence[dict[str, Any]], case_ids: Collection[str]) -> Mapping[str, tuple[str, ...]]:
    return {id_: tuple(row["_id"] for row in found if row["case_id"] == id_) for id_ in case_ids}


OF_A_CASE: View[tuple[str, ...]] = View(NOTICES.name, _of_cases, _by_case)
"""By case: the ids of the notices that were ever owed because of it."""


def _owed_lately(refs: Collection[str]) -> list[dict[str, Any]]:
    """Each by a question of its own, a hundred a pipeline: MongoDB takes a thousand stages, and may get more."""
    each = [_owed_lately_to(ref) for ref in refs]
    parts = [_together(each[n : n + A_PIPELINE]) for n in range(0, len(each), A_PIPELINE)]
    return _together(parts)


def _together(pipelines: Sequence[list[dict[str, Any]]]) -> list[dict[str, Any]]:
    first, *others = pipelines
    return [*first, *({"$unionWith": {"coll": NOTICES.name, "pipeline": other}} for other in others)]


def _owed_lately_to(ref: str) -> list[dict[str, Any]]:
    """No more than what decides is looked at: somebody may be told thousands of immediate cases within an hour."""
    an_hour_ago = {"$subtract": ["$$NOW", 3_600_000]}
    lately = {"ref": ref, "$expr": {"$gt": ["$owed_at", an_hour_ago]}}
    return [{"$match": lately}, {"$limit": MOST_AN_HOUR}, {"$group": {"_id": "$ref", "count": {"$sum": 1}}}]


def _by_ref(found: Sequence[dict[str, Any]], _refs: Collection[str]) -> Mapping[str, int]:
    return {row["_id"]: row["count"] for row in found}


LATELY: View[int] = View(NOTICES.name, _owed_lately, _by_ref)
"""By recipient: how many notices were owed to them within the last hour, counted up to `MOST_AN_HOUR`."""

COUNTED = (NoticeState.SENT, NoticeState.DELIVERED, NoticeState.BOUNCED, NoticeState.FAILED, NoticeState.UNKNOWN)


def counting_notices(metrics: Metrics) -> Callable[[Unit], None]:
    """Counts how notices ended, of each unit of work that is saved."""

    def count(unit: Unit) -> None:
        for notice in (each.state for each in unit.touched() if each.key[0] is NOTICES and each.state):
            if notice.state in COUNTED:
                metrics[NOTICES_ENDED].labels(notice.channel.value, notice.state.value).inc()
            if notice.state is NoticeState.SENT:
                metrics[NOTICE_SECONDS].observe(time.time() - notice.owed_at.timestamp())

    return count


def forgetting_addresses(database: Database) -> Callable[[], Awaitable[None]]:
    """A round that drops the sealed addresses of notices that ended days ago, or were never needed."""
    old = {"sealed": {"$exists": True}, "due_at": {"$exists": False}}
    milliseconds = round(ADDRESS_KEPT.total_seconds() * 1000)
    lapsed = {"$expr": {"$lt": ["$owed_at", {"$subtract": ["$$NOW", milliseconds]}]}}

    async def forget() -> None:
        await database[NOTICES.name].update_many({**old, **lapsed}, {"$unset": {"sealed": ""}})

    return forget


def measuring_notices(database: Database, metrics: Metrics) -> Callable[[], Awaitable[None]]:
    """A round that measures how long the notice that has waited longest has been owed."""

    async def measure() -> None:
        metrics[NOTICES_OLDEST_SECONDS].set(await _oldest_owed_seconds(database))

    return measure


async def _oldest_owed_seconds(database: Database) -> float:
    # What waits for safe hours or in a digest is not late.
    has_been_due = {"$or": [{"attempts": {"$gt": 0}}, {"$expr": {"$lte": ["$due_at", "$$NOW"]}}]}
    oldest: list[dict[str, Any]] = [
        {"$match": {"due_at": {"$exists": True}, **has_been_due}},
        {"$sort": {"owed_at": 1}},
        {"$limit": 1},
        {"$project": {"seconds": {"$divide": [{"$subtract": ["$$NOW", "$owed_at"]}, 1000]}}},
    ]
    cursor = await database[NOTICES.name].aggregate(oldest)
    return max([row["seconds"] async for row in cursor], default=0.0)
