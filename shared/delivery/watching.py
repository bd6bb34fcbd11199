"""What an operator sees of a service's delivery: numbers, and one line for each record that was set aside."""

from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, NamedTuple

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
    SET_ASIDE_OLDEST_SECONDS,
    UNDECIDED,
    WAITING,
    WAITING_OLDEST_SECONDS,
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
                place = aside.arrival.record.place.named()
                log.error("record-set-aside", reason=aside.reason, event_id=str(aside.arrival.cause.id), **place)

    return count


def measuring(database: Database, metrics: Metrics) -> Callable[[], Awaitable[None]]:
    """A round that counts what is left to do: unsent events, undecided and waiting records."""

    async def measure() -> None:
        unsent = await _left(database, "unsent", {}, "$saved_at", "$many")
        undecided = await _left(database, "set_aside", {"state": "set-aside"}, "$since")
        waiting = await _left(database, "set_aside", {"state": "waiting"}, "$since")
        metrics[OUTBOX_PENDING].set(unsent.many)
        metrics[OUTBOX_OLDEST_SECONDS].set(unsent.seconds)
        metrics[UNDECIDED].set(undecided.many)
        metrics[SET_ASIDE_OLDEST_SECONDS].set(undecided.seconds)
        metrics[WAITING].set(waiting.many)
        metrics[WAITING_OLDEST_SECONDS].set(waiting.seconds)

    return measure


class Left(NamedTuple):
    """What is left of one kind: how many, and for how long the oldest has been."""

    many: int = 0
    seconds: float = 0.0


async def _left(database: Database, collection: str, which: dict[str, Any], since: str, many: str | int = 1) -> Left:
    age = {"$divide": [{"$subtract": ["$$NOW", since]}, 1000]}
    pipeline: list[dict[str, Any]] = [
        {"$match": which},
        {"$group": {"_id": None, "many": {"$sum": many}, "seconds": {"$max": age}}},
    ]
    rows = await (await database[collection].aggregate(pipeline)).to_list()
    return Left(rows[0]["many"], rows[0]["seconds"]) if rows else Left()


def join_trace(tracing: Tracing, arrival: Arrival, link: str | None = None) -> None:
    """Everything decided from this record belongs to its trace; a station's own trace is only linked.

    `link` is that of the request of an operator who has it handled again.
    """
    cause, content = arrival.cause, arrival.content
    if content is None and not arrival.refused:
        return
    what = "record" if content is None else getattr(type(content), "type", "station.report-submitted.v1")
    foreign = cause.link or (link if cause.trace else None)
    trace = tracing.follow("decide", what, parent=cause.trace, links=[foreign], event_id=cause.id)
    if trace != cause.trace:
        arrival.cause = replace(cause, trace=trace)
