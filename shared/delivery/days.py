"""Jours clos: each day a service says which events it has said, so that the log can be held against them."""

from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from uuid import UUID, uuid5

from bson import ObjectId
from pydantic import BaseModel, ConfigDict

from shared.contracts.events import DayClosed
from shared.contracts.events.delivery import MOST_IDS
from shared.contracts.forms import Day
from shared.contracts.ids import NAMESPACE, ids_digest
from shared.contracts.topics import logged_topics
from shared.delivery.cause import new_cause
from shared.delivery.delivery import Delivery
from shared.delivery.shelf import Shelf
from shared.delivery.unit import Work
from shared.delivery.unsent import row_id

A_DAY = timedelta(days=1)
GRACE = timedelta(minutes=10)
"""So long after midnight a day is closed: units of work that were begun before it have ended by then."""
NEXT = "next"


class Next(BaseModel):
    """What is to be stated next: which day, and which of its statements."""

    model_config = ConfigDict(frozen=True)

    day: Day
    number: int = 0


DAYS: Shelf[Next] = Shelf("days", Next)


class Days:
    """Closes each day (UTC) once, whichever instance comes first, and also one on which nothing was said.

    An event is of the day on which its unit of work began, which its row in the outbox tells. Not of its `ce_time`:
    that is the time of its cause, and may lie days before.
    """

    def __init__(self, delivery: Delivery) -> None:
        self._delivery = delivery
        self._topics = logged_topics(delivery.service)

    async def close(self) -> None:
        """A round: close what has ended since the last time, from the day on that `relais migrate` has laid down."""
        now = self._delivery.clock.now()
        document = await self._delivery.database[DAYS.name].find_one({"_id": NEXT})
        next_ = DAYS.state(document) if document else Next(day=now.date())
        while midnight_after(next_.day) + GRACE <= now and await self._is_all_sent(next_.day):
            next_ = await self._close(next_)

    async def _is_all_sent(self, day: date) -> bool:
        end = _unit_from(midnight_after(day))
        return await self._delivery.database["unsent"].find_one({"_id": {"$lt": end}}) is None

    async def _close(self, due: Next) -> Next:
        """State what is left of a day. Which one is next then."""
        stated = [each for topic, ids in (await self._said_on(due.day)).items() for each in _parts(topic, due.day, ids)]
        after = Next(day=due.day + A_DAY)
        for number in range(due.number, len(stated)):
            then = after if number + 1 == len(stated) else Next(day=due.day, number=number + 1)
            await self._move(Next(day=due.day, number=number), then, stated[number])
        return after

    async def _said_on(self, day: date) -> dict[str, set[UUID]]:
        said: dict[str, set[UUID]] = {topic: set() for topic in self._topics}
        bounds = (row_id(_unit_from(at), 0) for at in (midnight_after(day - A_DAY), midnight_after(day)))
        which = {"_id": dict(zip(("$gte", "$lt"), bounds, strict=True))}
        async for row in self._delivery.database["outbox"].find(which, {"topic": True, "headers.ce_id": True}):
            if row["topic"] in said:
                said[row["topic"]].add(UUID(row["headers"]["ce_id"]))
        return said

    async def _move(self, due: Next, then: Next, stated: DayClosed) -> None:
        id_ = uuid5(NAMESPACE, f"{self._delivery.service}/days/{then.day}/{then.number}")
        with self._delivery.tracing.hop("run", "close-days"):
            cause = new_cause(self._delivery, id_=id_)
            await self._delivery.perform_due(cause, partial(_state, due, then, stated), [(DAYS, NEXT)])


def _state(due: Next, then: Next, stated: DayClosed, work: Work) -> None:
    if work.get(DAYS, NEXT) == due:
        work.put(DAYS, NEXT, then)
        work.say(stated, stated.topic)


def midnight_after(day: date) -> datetime:
    """When a day ends."""
    return datetime.combine(day + A_DAY, time(), UTC)


def _unit_from(at: datetime) -> bytes:
    return ObjectId.from_datetime(at).binary


def _parts(topic: str, day: date, ids: Collection[UUID]) -> list[DayClosed]:
    """What is said of a topic's day: at least one statement, each of as many ids as an event can hold."""
    ordered = sorted(ids)
    shares = [tuple(ordered[n : n + MOST_IDS]) for n in range(0, len(ordered), MOST_IDS)] or [()]
    return [
        DayClosed(
            topic=topic, day=day, part=n, parts=len(shares), count=len(share), digest=ids_digest(share), event_ids=share
        )
        for n, share in enumerate(shares, start=1)
    ]
