"""Reads a year of what is counted, and counts it: sealed files are opened for it, and nothing of them is kept."""

from base64 import b64decode
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from services.referral.domain.case import Dossier
from services.referral.domain.states import CaseState
from services.referral.domain.statistics import Counted, Delay, Year, counted, delays, tables
from services.referral.domain.terms import Terms
from services.referral.store import CASES, COUNTED, DOSSIERS, MARKS
from shared.asking import Document
from shared.contracts.report import CaseFile
from shared.contracts.vocabulary import AttemptOutcome, DeadlineKind, Urgency
from shared.delivery.shelf import Database
from shared.vault import Sealed, Vault

Row = dict[str, Any]
AT_ONCE = 500


class Counts(NamedTuple):
    """What is counted from: cases and sealed files, and the keys that open them."""

    database: Database
    vault: Vault


async def read_year(counts: Counts, year: int, terms: Terms, threshold: int) -> Year:
    """The statistics of the reports of a year. The same data give the same numbers."""
    months = {"month": {"$gte": f"{year}-01", "$lte": f"{year}-12"}}
    left = [COUNTED.state(row) async for row in counts.database[COUNTED.name].find(months)]
    cases = await _cases(counts.database, year)
    alive = [case for case in cases if case["state"] not in (CaseState.CANCELLED, CaseState.ERASED)]
    opened = [row for n in range(0, len(alive), AT_ONCE) for row in await count_cases(counts, alive[n : n + AT_ONCE])]
    return Year(
        year=year,
        threshold=threshold,
        tables=tables([*left, *opened], threshold),
        to_acceptance=delays(_delays(cases, "accepted_at", DeadlineKind.TO_BE_ACCEPTED, terms), threshold),
        to_first_contact=delays(_delays(cases, "contacted_at", DeadlineKind.FIRST_CONTACT, terms), threshold),
    )


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
    day, departement = case["received_at"].date(), case["departement"]
    return counted(CaseFile.model_validate_json(file), day, departement, is_known=is_known)


async def _known_before(database: Database, cases: Sequence[Row]) -> set[str]:
    """Those of these cases whose person had been reported before."""
    since = {case["_id"]: case["received_at"] for case in cases}
    mine = {row["_id"]: row["marks"] async for row in database[MARKS.name].find({"_id": {"$in": list(since)}})}
    marks = [mark for some in mine.values() for mark in some]
    others = {row["_id"]: set(row["marks"]) async for row in database[MARKS.name].find({"marks": {"$in": marks}})}
    shown = database[CASES.name].find({"_id": {"$in": list(others)}}, {"received_at": True})
    received = {row["_id"]: row["received_at"] async for row in shown}
    return {
        id_
        for id_, some in mine.items()
        if any(
            received[other] < since[id_] for other, theirs in others.items() if theirs & set(some) and other in received
        )
    }


async def _cases(database: Database, year: int) -> list[Row]:
    """Of each case of the year: where, how urgent, when received, accepted, and first contacted."""
    first, next_ = (datetime(each, 1, 1, tzinfo=UTC) for each in (year, year + 1))
    reached = {"$filter": {"input": "$attempts", "cond": {"$eq": ["$$this.outcome", AttemptOutcome.REACHED]}}}
    contacts = {"$concatArrays": [{"$map": {"input": reached, "in": "$$this.at"}}, "$interviews.at"]}
    told: Document = dict.fromkeys(("departement", "zone", "urgency", "state", "received_at"), True)
    computed = {"accepted_at": {"$min": "$assignments.accepted_at"}, "contacted_at": {"$min": contacts}}
    stages: list[Document] = [
        {"$match": {"received_at": {"$gte": first, "$lt": next_}, "test": False}},
        {"$project": told | computed},
        {"$sort": {"_id": 1}},
    ]
    cursor = await database[CASES.name].aggregate(stages, batchSize=10_000)
    return await cursor.to_list()


def _delays(cases: Iterable[Row], until: str, kind: DeadlineKind, terms: Terms) -> Iterable[Delay]:
    for case in cases:
        if at := case.get(until):
            ended, received = datetime.fromisoformat(at), case["received_at"]
            due_at = terms.due_at(kind, Urgency(case["urgency"]), received, (case["departement"], case["zone"]))
            yield Delay(case["departement"], (ended - received).total_seconds(), ended <= due_at)
