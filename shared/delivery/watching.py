"""What an operator sees of a service's delivery: numbers, and one line for each record that was set aside."""

from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import structlog

from shared.delivery.arrival import Arrival
from shared.delivery.shelf import Database
from shared.delivery.unit import Unit
from shared.watch.metrics import (
    INBOX_REPEATS,
    OUTBOX_OLDEST_SECONDS,
    OUTBOX_PENDING,
    RECORDS,
    SET_ASIDE,
    UNDECIDED,
    WAITING,
    Metrics,
)
from shared.watch.traces import Tracing

log = structlog.get_logger()


def counting(metrics: Metrics) -> Callable[[Unit], None]:
    """Counts what became of the records of a saved unit of work, and raises the alarm for those set aside."""

    def count(unit: Unit) -> None:
        metrics[INBOX_REPEATS].inc(unit.repeats)
        for outcome, times in Counter(row["outcome"] for row in unit.inbox).items():
            metrics[RECORDS].labels(outcome).inc(times)
        for aside in unit.aside:
            if aside.state == "set-aside":
                metrics[SET_ASIDE].labels(aside.reason).inc()
                place = aside.arrival.record.place._asdict()
                log.error("record-set-aside", reason=aside.reason, event_id=str(aside.arrival.cause.id), **place)

    return count


def measuring(database: Database, metrics: Metrics) -> Callable[[], Awaitable[None]]:
    """A round that counts what is left to do: unsent events, undecided and waiting records."""

    async def measure() -> None:
        metrics[OUTBOX_PENDING].set(await database["outbox"].count_documents({"pending": True}))
        metrics[OUTBOX_OLDEST_SECONDS].set(await _oldest_seconds(database))
        metrics[UNDECIDED].set(await database["set_aside"].count_documents({"state": "set-aside"}))
        metrics[WAITING].set(await database["set_aside"].count_documents({"state": "waiting"}))

    return measure


async def _oldest_seconds(database: Database) -> float:
    age = {"$divide": [{"$subtract": ["$$NOW", "$saved_at"]}, 1000]}
    pipeline: list[dict[str, Any]] = [
        {"$match": {"pending": True}},
        {"$group": {"_id": None, "seconds": {"$max": age}}},
    ]
    cursor = await database["outbox"].aggregate(pipeline)
    return max([row["seconds"] async for row in cursor], default=0.0)


def join_trace(tracing: Tracing, arrival: Arrival) -> None:
    """Everything decided from this record belongs to its trace; a station's own trace is only linked."""
    cause, content = arrival.cause, arrival.content
    if content is None:
        return
    what = getattr(type(content), "type", "station.report-submitted.v1")
    trace = tracing.follow("decide", what, parent=cause.trace, link=cause.link, event_id=cause.id)
    if trace != cause.trace:
        arrival.cause = replace(cause, trace=trace)
