"""Publishes the statistics of a year once, when it is over: what is published is frozen, and nothing else is shown.

Whoever could read numbers twice while they change would learn by subtraction what the one report between the two reads
tells of its person. What is kept is what is published: aggregates, small counts hidden; sealed all the same, for it
names social facts.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, date, datetime
from functools import partial

from pymongo.errors import DuplicateKeyError

from services.referral.acts.consulting import note_counting
from services.referral.counting import AfterEach, Counts, count_year
from services.referral.domain.calendars import PARIS
from services.referral.domain.terms import Terms
from services.referral.domain.yearbook import Year
from shared.asking import Document
from shared.delivery.cause import new_cause
from shared.delivery.delivery import Delivery
from shared.delivery.periodic import for_each
from shared.vault import Plain, Sealed

AN_HOUR, NEVER = 3600 * 1000, datetime(1970, 1, 1, tzinfo=UTC)
RESTS = 3.0
"""How long a count that nobody waits for rests, as many times as long as it works."""
LOOKED_BACK = 3
"""Years that are published by themselves, where they have not been; earlier ones by the command."""


Note = Callable[[], Awaitable[object]]


class NotPublished(Exception):
    """The statistics of this year are not published: `on` is the day from which they can be."""

    def __init__(self, year: int, on: date) -> None:
        super().__init__(f"The statistics of {year} are published on {on:%Y-%m-%d}, or within a day after it.")
        self.on = on


def published_from(year: int) -> date:
    """A month after its end, so that corrections of its last days count. Ours."""
    return date(year + 1, 2, 1)


class Yearbooks:
    """The publications of years, under the terms and the threshold that the operator had set when each was made.

    `note` puts it on the log that files are opened to be counted.
    """

    def __init__(self, counts: Counts, terms: Terms, threshold: int, note: Note) -> None:
        self._counts, self._terms, self._threshold, self._note = counts, terms, threshold, note
        self._rows = counts.database["yearbooks"]

    async def read(self, year: int) -> Year:
        """As it was published. Raises `NotPublished`."""
        row = await self._rows.find_one({"_id": year, "numbers": {"$exists": True}})
        if row is None:
            raise NotPublished(year, published_from(year))
        return Year.model_validate_json(await self._counts.vault.open(Sealed("file", _owner(year), row["numbers"])))

    async def publish(
        self, year: int, now: datetime, after_each: AfterEach | None = None, *, rests: float = 0.0
    ) -> Year:
        """Count it and publish it for good; the log knows before a file is opened. Raises `NotPublished`.

        A year that is published stays as it is, and is returned so. `rests`: after each piece of the work so many
        times as long as it took.
        """
        if now.astimezone(PARIS).date() < published_from(year):
            raise NotPublished(year, published_from(year))
        with suppress(NotPublished):
            return await self.read(year)
        await self._note()
        after_each = after_each or _resting(rests)
        found = await count_year(self._counts, year, self._terms, self._threshold, now=now, after_each=after_each)
        [sealed] = await self._counts.vault.seal_many([Plain("file", _owner(year), found.model_dump_json().encode())])
        numbers = {"threshold": found.threshold, "counted_at": now, "numbers": sealed}
        await self._keep({"_id": year, "numbers": {"$exists": False}}, {"$set": numbers})
        return await self.read(year)

    async def publish_due(self, now: datetime) -> None:
        """Publish each of the last years that is over and not published, if nobody else does. Raises `ItemsFailed`."""
        over = [now.year - n for n in range(1, LOOKED_BACK + 1)]
        due = [year for year in over if now.astimezone(PARIS).date() >= published_from(year)]
        await for_each(due, partial(self._publish_due, now), "publish-years", "year")

    async def _publish_due(self, now: datetime, year: int) -> None:
        if await self._is_claimed(year):
            await self.publish(year, now, rests=RESTS)

    async def _is_claimed(self, year: int) -> bool:
        """By the database's clock: whoever claims it has an hour."""
        free: Document = {"$lt": ["$claimed_at", {"$subtract": ["$$NOW", AN_HOUR]}]}
        unpublished: Document = {"_id": year, "numbers": {"$exists": False}}
        claim: list[Document] = [{"$set": {"claimed_at": "$$NOW"}}]
        await self._keep(unpublished, {"$setOnInsert": {"claimed_at": NEVER}})
        return await self._keep(unpublished | {"$expr": free}, claim, upsert=False)

    async def _keep(self, which: Document, change: Document | list[Document], *, upsert: bool = True) -> bool:
        """Change the row of a year, or make it; not where another is faster, or it is published."""
        try:
            return bool((await self._rows.update_one(which, change, upsert=upsert)).modified_count)
        except DuplicateKeyError:
            return False


def _owner(year: int) -> str:
    return f"statistics {year}"


def noting(delivery: Delivery) -> Note:
    """Puts it on the log, because nobody but this service asks."""

    async def note() -> None:
        with delivery.tracing.hop("run", "count-year"):
            await delivery.perform(new_cause(delivery, "statistics"), note_counting)

    return note


def _resting(times: float) -> AfterEach:
    began = time.monotonic()

    async def rest(_looked_at: int) -> None:
        nonlocal began
        await asyncio.sleep(times * (time.monotonic() - began))
        began = time.monotonic()

    return rest
