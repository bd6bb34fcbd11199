"""Reads a year of what is counted, and counts it."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from services.referral.domain.statistics import Counted, Delay, Year, delays, tables
from services.referral.domain.terms import Terms
from services.referral.store import COUNTED
from shared.asking import Document
from shared.contracts.vocabulary import AttemptOutcome, DeadlineKind, Urgency
from shared.delivery.shelf import Database

Row = dict[str, Any]


async def read_year(database: Database, year: int, terms: Terms, threshold: int) -> Year:
    """The statistics of the reports of a year. The same data give the same numbers."""
    months = {"month": {"$gte": f"{year}-01", "$lte": f"{year}-12"}}
    rows: Iterable[Counted] = [COUNTED.state(row) async for row in database[COUNTED.name].find(months)]
    cases = await _cases(database, year)
    return Year(
        year=year,
        threshold=threshold,
        tables=tables(rows, threshold),
        to_acceptance=delays(_delays(cases, "accepted_at", DeadlineKind.TO_BE_ACCEPTED, terms), threshold),
        to_first_contact=delays(_delays(cases, "contacted_at", DeadlineKind.FIRST_CONTACT, terms), threshold),
    )


async def _cases(database: Database, year: int) -> list[Row]:
    """Of each case of the year: where, how urgent, when received, accepted, and first contacted."""
    first, next_ = (datetime(each, 1, 1, tzinfo=UTC) for each in (year, year + 1))
    reached = {"$filter": {"input": "$attempts", "cond": {"$eq": ["$$this.outcome", AttemptOutcome.REACHED]}}}
    contacts = {"$concatArrays": [{"$map": {"input": reached, "in": "$$this.at"}}, "$interviews.at"]}
    stages: list[Document] = [
        {"$match": {"received_at": {"$gte": first, "$lt": next_}, "test": False}},
        {
            "$project": {
                "departement": True,
                "zone": True,
                "urgency": True,
                "received_at": True,
                "accepted_at": {"$min": "$assignments.accepted_at"},
                "contacted_at": {"$min": contacts},
            }
        },
    ]
    cursor = await database["cases"].aggregate(stages, batchSize=10_000)
    return await cursor.to_list()


def _delays(cases: Iterable[Row], until: str, kind: DeadlineKind, terms: Terms) -> Iterable[Delay]:
    for case in cases:
        if at := case.get(until):
            ended, received = datetime.fromisoformat(at), case["received_at"]
            due_at = terms.due_at(kind, Urgency(case["urgency"]), received, (case["departement"], case["zone"]))
            yield Delay(case["departement"], (ended - received).total_seconds(), ended <= due_at)
