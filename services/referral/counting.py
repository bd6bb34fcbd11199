"""Counts a year: sealed files are opened for it, and nothing of them is kept."""

import asyncio
from base64 import b64decode
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

from services.referral.covering import read_coverage
from services.referral.domain.calendars import PARIS
from services.referral.domain.dossier import Dossier
from services.referral.domain.gathering import Gathered
from services.referral.domain.referrals import ReferralState
from services.referral.domain.states import CaseState
from services.referral.domain.statistics import Counted, Met, Orientation, counted
from services.referral.domain.terms import Terms
from services.referral.domain.yearbook import Delay, Year
from services.referral.store import CASES, COUNTED, DOSSIERS, MARKS, PARTNERS
from shared.asking import Document
from shared.contracts.days import day_there
from shared.contracts.report import CaseFile
from shared.contracts.vocabulary import (
    AttemptOutcome,
    DeadlineKind,
    DurationBand,
    InterviewPlace,
    LegalGround,
    PartnerType,
    Urgency,
)
from shared.delivery.shelf import Database
from shared.vault import Sealed, Vault

Row = dict[str, Any]
COUNTED_BY = ("departement", "zone", "received_at")
"""What of a case, beside its file, decides where and when it counts."""
A_DAY = timedelta(days=1)
AT_ONCE = 50
"""So many at a time, that whoever waits for an answer meanwhile hardly notices."""
AfterEach = Callable[[int], Awaitable[object]]


class Counts(NamedTuple):
    """What is counted from: cases and sealed files, and the keys that open them."""

    database: Database
    vault: Vault


async def count_year(
    counts: Counts, year: int, terms: Terms, threshold: int, *, now: datetime, after_each: AfterEach | None = None
) -> Year:
    """Count the reports of a year, some at a time. The same data give the same numbers.

    Coverage is that of the year's last day, or of today. `after_each` is awaited with how many cases were looked at.
    """
    gathered = Gathered()
    months = {"month": {"$gte": f"{year}-01", "$lte": f"{year}-12"}}
    gathered.add([COUNTED.state(row) async for row in counts.database[COUNTED.name].find(months)], (), ())
    partners = {row["_id"]: row["type"] async for row in counts.database[PARTNERS.name].find({}, {"type": True})}
    async for cases in _cases(counts.database, year):
        happened = [case for case in cases if case["state"] != CaseState.CANCELLED]
        reported = [case for case in happened if not case.get("merge")]
        opened = await count_cases(counts, [case for case in reported if case["state"] != CaseState.ERASED])
        gathered.add(opened, _orientations(happened, partners), _interviews(happened))
        for case in reported:
            for name, delay in _delays(case, terms):
                gathered.wait(name, delay)
        if after_each:
            await after_each(len(cases))
    on = min(now.astimezone(PARIS).date(), date(year, 12, 31))
    coverage = await read_coverage(counts.database, on)
    return await asyncio.to_thread(gathered.year, year, now, threshold, coverage)


async def number_of_cases(database: Database, year: int) -> int:
    """How many cases there are to be looked at."""
    return await database[CASES.name].count_documents(_of_year(year))


async def count_cases(counts: Counts, cases: Sequence[Row]) -> list[Counted]:
    """What is counted of these cases, as far as their files can be opened still."""
    ids = [case["_id"] for case in cases]
    rows = await counts.database[DOSSIERS.name].find({"_id": {"$in": ids}}).to_list()
    dossiers: Mapping[str, Dossier] = {row["_id"]: DOSSIERS.state(row) for row in rows}
    sealed = {id_: Sealed("file", id_, b64decode(each.file)) for id_, each in dossiers.items() if each.file}
    opened = dict(zip(sealed, await counts.vault.open_many(list(sealed.values())), strict=True))
    known = await _known_before(counts.database, cases)
    found = [_counted(case, opened.get(case["_id"]), is_known=case["_id"] in known) for case in cases]
    return [each for each in found if each]


def _counted(case: Row, file: bytes | Exception | None, *, is_known: bool) -> Counted | None:
    if not isinstance(file, bytes):
        return None
    day, departement = day_there(case["received_at"], case["zone"]), case["departement"]
    return counted(CaseFile.model_validate_json(file), day, departement, is_known=is_known)


async def _known_before(database: Database, cases: Sequence[Row]) -> set[str]:
    """Those of these cases whose person had been reported before."""
    since = {case["_id"]: case["received_at"] for case in cases}
    mine = {row["_id"]: row["marks"] async for row in database[MARKS.name].find({"_id": {"$in": list(since)}})}
    marks = [mark for some in mine.values() for mark in some]
    others = {row["_id"]: set(row["marks"]) async for row in database[MARKS.name].find({"marks": {"$in": marks}})}
    shown = database[CASES.name].find({"_id": {"$in": list(others)}}, {"received_at": True})
    received = {row["_id"]: row["received_at"] async for row in shown}
    first: dict[str, datetime] = {}
    for other, theirs in others.items():
        for mark in theirs if other in received else ():
            first[mark] = min(first.get(mark, received[other]), received[other])
    return {id_ for id_, some in mine.items() if any(mark in first and first[mark] < since[id_] for mark in some)}


def _of_year(year: int) -> Document:
    """With a day more on both sides: where it was received, it may have been another year than in UTC."""
    first, next_ = (datetime(each, 1, 1, tzinfo=UTC) for each in (year, year + 1))
    return {"received_at": {"$gte": first - A_DAY, "$lt": next_ + A_DAY}, "test": False}


async def _cases(database: Database, year: int) -> AsyncIterator[list[Row]]:
    """Of each case of the year: where, how urgent, when received, accepted, and first contacted; some at a time."""
    reached = {"$filter": {"input": "$attempts", "cond": {"$eq": ["$$this.outcome", AttemptOutcome.REACHED]}}}
    contacts = {"$concatArrays": [{"$map": {"input": reached, "in": "$$this.at"}}, "$interviews.at"]}
    names = (*COUNTED_BY, "urgency", "state", "taken_at", "referrals", "interviews", "merge")
    told: Document = dict.fromkeys(names, True)
    computed = {"accepted_at": {"$min": "$assignments.accepted_at"}, "contacted_at": {"$min": contacts}}
    stages: list[Document] = [
        {"$match": _of_year(year)},
        {"$project": told | computed},
    ]
    cursor = await database[CASES.name].aggregate(stages, batchSize=AT_ONCE)
    while cases := await cursor.to_list(AT_ONCE):
        yield [case for case in cases if day_there(case["received_at"], case["zone"]).year == year]


def _orientations(cases: Iterable[Row], partners: Mapping[str, str]) -> Iterable[Orientation]:
    for case in cases:
        for each in case["referrals"]:
            if type_ := partners.get(each.get("partner_id", "")):
                ground = LegalGround(each["ground"]) if each.get("ground") else None
                yield Orientation(case["departement"], PartnerType(type_), ground, ReferralState(each["state"]))


def _interviews(cases: Iterable[Row]) -> Iterable[Met]:
    for case in cases:
        for each in case["interviews"]:
            yield Met(case["departement"], InterviewPlace(each["place"]), DurationBand(each["duration"]))


CLOCKS = {
    "acceptance": ("accepted_at", DeadlineKind.TO_BE_ACCEPTED),
    "first_contact": ("contacted_at", DeadlineKind.FIRST_CONTACT),
}


def _delays(case: Row, terms: Terms) -> Iterable[tuple[str, Delay]]:
    """How long this person waited; in time is what the clock says, which runs from the receipt."""
    received, there = case["received_at"], (case["departement"], case["zone"])
    taken = datetime.fromisoformat(case["taken_at"]) if case.get("taken_at") else None
    for name, (end, kind) in CLOCKS.items():
        if at := case.get(end):
            ended = datetime.fromisoformat(at)
            in_time = ended <= terms.due_at(kind, Urgency(case["urgency"]), received, there)
            for which, began in ((f"to_{name}", received), (f"to_{name}_since_taken", taken)):
                if began:
                    yield which, Delay(case["departement"], max(0.0, (ended - began).total_seconds()), in_time)
