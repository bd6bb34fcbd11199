"""Keeps the statistics of a year as they were counted last, since to open every file again takes a while.

What is kept is what is published: aggregates, small counts hidden; sealed all the same, for it names social facts.
Every night each year that still changes is counted anew, by one instance, which rests so that nobody at a door waits.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime
from functools import partial

from pymongo.errors import DuplicateKeyError

from services.referral.acts.consulting import note_counting
from services.referral.counting import AfterEach, Counts, count_year
from services.referral.domain.terms import Terms
from services.referral.domain.yearbook import Year
from shared.asking import Document
from shared.delivery.cause import new_cause
from shared.delivery.delivery import Delivery
from shared.delivery.periodic import for_each
from shared.vault import Plain, Sealed

A_DAY, AN_HOUR = 24 * 3600 * 1000, 3600 * 1000
SOON = 2.0
"""Seconds for which whoever reads a year waits for it to be counted."""
RESTS = 3.0
"""How long a count that nobody waits for rests, as many times as long as it works."""


Note = Callable[[], Awaitable[object]]


class Yearbooks:
    """The statistics of each year, under the terms and the threshold that its operator has set.

    `note` puts it on the log that files are opened to be counted.
    """

    def __init__(self, counts: Counts, terms: Terms, threshold: int, note: Note, *, soon: float = SOON) -> None:
        self._counts, self._terms, self._threshold, self._note, self._soon = counts, terms, threshold, note, soon
        self._rows = counts.database["yearbooks"]

    async def read(self, year: int, now: datetime) -> Year:
        """As it was counted last; counted now, if it never was, or if that takes no time to speak of."""
        row = await self._rows.find_one({"_id": year, "threshold": self._threshold, "took": {"$gte": self._soon}})
        if row is None:
            return await self.count(year, now)
        return Year.model_validate_json(await self._counts.vault.open(Sealed("file", _owner(year), row["numbers"])))

    async def count(self, year: int, now: datetime, after_each: AfterEach | None = None, *, rests: float = 0.0) -> Year:
        """Count it anew, and keep it; the log knows before a file is opened.

        `rests`: after each piece of the work so many times as long as it took.
        """
        await self._note()
        began = time.monotonic()
        found = await count_year(
            self._counts, year, self._terms, self._threshold, now=now, after_each=after_each or _resting(rests)
        )
        took = (time.monotonic() - began) / (1 + rests)
        [sealed] = await self._counts.vault.seal_many([Plain("file", _owner(year), found.model_dump_json().encode())])
        numbers = {"threshold": found.threshold, "counted_at": now, "took": took, "numbers": sealed}
        await self._rows.update_one({"_id": year}, {"$set": numbers, "$unset": {"claimed_at": ""}}, upsert=True)
        return found

    async def keep_counted(self, now: datetime) -> None:
        """Count this year and the last again, if nobody has within a day or does so now. Raises `ItemsFailed`."""
        await for_each((now.year, now.year - 1), partial(self._keep_counted, now), "count-years", "count")

    async def _keep_counted(self, now: datetime, year: int) -> None:
        if await self._is_claimed(year):
            await self.count(year, now, rests=RESTS)

    async def _is_claimed(self, year: int) -> bool:
        """By the database's clock: whoever claims it has an hour."""
        old: Document = {"$lt": [{"$ifNull": ["$counted_at", 0]}, {"$subtract": ["$$NOW", A_DAY]}]}
        free: Document = {"$lt": [{"$ifNull": ["$claimed_at", 0]}, {"$subtract": ["$$NOW", AN_HOUR]}]}
        wanted = {"$and": [free, {"$or": [old, {"$ne": ["$threshold", self._threshold]}]}]}
        claim: list[Document] = [{"$set": {"claimed_at": "$$NOW"}}]
        with suppress(DuplicateKeyError):
            await self._rows.update_one({"_id": year}, {"$setOnInsert": {"threshold": None}}, upsert=True)
        return bool((await self._rows.update_one({"_id": year, "$expr": wanted}, claim)).modified_count)


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
