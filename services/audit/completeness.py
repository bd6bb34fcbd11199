"""Holds the log against what each service says of its days: what it said, and the log does not hold, is named."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid5

import orjson
import structlog
from pydantic import Field, ValidationError

from services.audit.store.documents import HEAD
from shared.contracts.events import DayClosed, EventsMissing
from shared.contracts.events.delivery import MOST_NAMED
from shared.contracts.fields import Block
from shared.contracts.forms import Day
from shared.contracts.ids import NAMESPACE, ids_digest
from shared.contracts.topics import SERVICES, logged_topics
from shared.delivery.cause import new_cause
from shared.delivery.days import midnight_after
from shared.delivery.delivery import Delivery
from shared.delivery.shelf import Database, Shelf
from shared.delivery.unit import Work
from shared.watch.metrics import LOG_ALARMS, LOG_UNCLOSED_SECONDS, Metrics

COMPARED_AT_ONCE = 20
LOOKED_UP_AT_ONCE = 1_000
DAYS = "days"
MISSING = "missing"

log = structlog.get_logger()


class Compared(Block):
    """How far the lines were looked at, and the last day that each service has closed on each of its topics."""

    up_to: int = 0
    closed: dict[str, Day] = Field(default_factory=dict)


COMPARED: Shelf[Compared] = Shelf("watched", Compared)


class Completeness:
    """Compares each day that was closed, once the log says that it holds all that Kafka held after it."""

    def __init__(self, delivery: Delivery, metrics: Metrics) -> None:
        self._delivery = delivery
        self._database = delivery.database
        self._metrics = metrics

    async def compare(self) -> None:
        """A round: look at the days that were closed since the last time, a bounded number of them."""
        compared = await self._compared()
        for row in await days_closed(self._database, compared.up_to, COMPARED_AT_ONCE):
            compared = await self._take(row, compared)
        await self._measure(compared)

    async def _compared(self) -> Compared:
        document = await self._database[COMPARED.name].find_one({"_id": DAYS})
        return COMPARED.state(document) if document else Compared()

    async def _take(self, row: Mapping[str, Any], compared: Compared) -> Compared:
        then = compared.model_copy(update={"up_to": row["_id"] + 1})
        service, closed = said_by(row), await read_closed(self._database, row)
        missing = await absent(self._database, closed.event_ids) if closed else []
        if closed is None:
            self._metrics[LOG_ALARMS].labels("unreadable").inc()
            log.error("day-not-compared", sequence=row["_id"])
        elif closed.part == closed.parts:
            then = then.model_copy(update={"closed": {**compared.closed, f"{service} {closed.topic}": closed.day}})
        events = [_missing(service, closed, missing)] if closed and missing else []
        with self._delivery.tracing.hop("run", "compare-days"):
            cause = new_cause(self._delivery, id_=uuid5(NAMESPACE, f"{DAYS}/{row['_id']}"))
            moved = await self._delivery.perform_due(cause, partial(_say, compared, then, events), [(COMPARED, DAYS)])
        if moved and events:
            self._metrics[LOG_ALARMS].labels(MISSING).inc()
            log.error("log-alarm", reason=MISSING, topic=events[0].topic, count=len(missing))
        return then

    async def _measure(self, compared: Compared) -> None:
        """Since when the day lasts that a service should have closed long ago."""
        first = await self._database["entries"].find_one({"_id": 0}, {"at": True})
        if first:
            began = first["at"].date() - timedelta(days=1)
            seconds = _unclosed(compared.closed, began, self._delivery.clock.now()).total_seconds()
            self._metrics[LOG_UNCLOSED_SECONDS].set(seconds)


def _say(compared: Compared, then: Compared, events: Sequence[EventsMissing], work: Work) -> bool:
    """Whether this was the first to look."""
    if (work.get(COMPARED, DAYS) or Compared()) != compared:
        return False
    work.put(COMPARED, DAYS, then)
    for event in events:
        work.say(event, f"{event.topic} {event.day}")
    return True


def _missing(service: str, closed: DayClosed, missing: Sequence[UUID]) -> EventsMissing:
    return EventsMissing(
        service=service,
        topic=closed.topic,
        day=closed.day,
        stated=closed.count,
        missing=len(missing),
        event_ids=tuple(missing[:MOST_NAMED]),
    )


def _unclosed(closed: Mapping[str, date], began: date, now: datetime) -> timedelta:
    pairs = [f"{service} {topic}" for service in SERVICES for topic in logged_topics(service)]
    oldest = min(closed.get(pair, began) for pair in pairs)
    return max(now - midnight_after(oldest + timedelta(days=1)), timedelta())


async def days_closed(database: Database, since: int = 0, most: int = 0) -> list[dict[str, Any]]:
    """The lines that close a day, from this index on. Only those after which the log has said that it is complete."""
    beat = await database["entries"].find_one({"kind": "heartbeat"}, {"_id": True}, sort={"_id": -1})
    which = {"type": DayClosed.type, "_id": {"$gte": since, "$lt": beat["_id"] if beat else 0}}
    return await database["entries"].find(which, {"leaf": True}, sort={"_id": 1}, limit=most).to_list()


def said_by(row: Mapping[str, Any]) -> str:
    """Which service a line is of."""
    return str(orjson.loads(row["leaf"])["source"]).removeprefix("/relais/").partition("/")[0]


async def read_closed(database: Database, row: Mapping[str, Any]) -> DayClosed | None:
    """What a line says of a day, from the bytes beside it; nothing where they are gone, or contradict themselves."""
    payload = await database["payloads"].find_one({"_id": row["_id"]})
    try:
        closed = DayClosed.read(orjson.loads(payload["bytes"])) if payload else None
    except (ValidationError, orjson.JSONDecodeError):
        return None
    whole = closed and (closed.count, closed.digest) == (len(closed.event_ids), ids_digest(closed.event_ids))
    return closed if whole else None


async def absent(database: Database, ids: Collection[UUID]) -> list[UUID]:
    """Which of these events neither this log holds nor the one that it continues."""
    left = await _not_in(database, sorted(ids))
    head = await database["head"].find_one({"_id": HEAD}, {"continues": True}) or {}
    return await _not_in(database.client[head["continues"]], left) if left and "continues" in head else left


async def _not_in(database: Database, ids: Sequence[UUID]) -> list[UUID]:
    held = set[str]()
    for start in range(0, len(ids), LOOKED_UP_AT_ONCE):
        which = {"id": {"$in": [str(id_) for id_ in ids[start : start + LOOKED_UP_AT_ONCE]]}}
        held |= {row["id"] async for row in database["entries"].find(which, {"id": True, "_id": False})}
    return [id_ for id_ in ids if str(id_) not in held]
