"""Reads a year of what is counted, and counts it: sealed files are opened for it, and nothing of them is kept."""

from base64 import b64decode
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

from services.referral.covering import read_coverage
from services.referral.domain.dossier import Dossier
from services.referral.domain.referrals import ReferralState
from services.referral.domain.states import CaseState
from services.referral.domain.statistics import (
    Counted,
    Met,
    Orientation,
    counted,
    tallies_of_interviews,
    tallies_of_referrals,
    tallies_of_reports,
)
from services.referral.domain.terms import Terms
from services.referral.domain.yearbook import Delay, Delays, Year, delays, posts, tables
from services.referral.store import CASES, COUNTED, DOSSIERS, MARKS, PARTNERS
from shared.asking import Document
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
AT_ONCE = 500


class Counts(NamedTuple):
    """What is counted from: cases and sealed files, and the keys that open them."""

    database: Database
    vault: Vault


async def read_year(counts: Counts, year: int, terms: Terms, threshold: int, *, today: date) -> Year:
    """The statistics of the reports of a year. The same data give the same numbers; coverage is that of its last day.

    `today` is the last day that can be looked at.
    """
    on = min(today, date(year, 12, 31))
    months = {"month": {"$gte": f"{year}-01", "$lte": f"{year}-12"}}
    left = [COUNTED.state(row) async for row in counts.database[COUNTED.name].find(months)]
    cases = await _cases(counts.database, year)
    reported = [case for case in cases if case["state"] != CaseState.CANCELLED and not case.get("merge")]
    alive = [case for case in reported if case["state"] != CaseState.ERASED]
    opened = [row for n in range(0, len(alive), AT_ONCE) for row in await count_cases(counts, alive[n : n + AT_ONCE])]
    partners = {row["_id"]: row["type"] async for row in counts.database[PARTNERS.name].find({}, {"type": True})}
    happened = [case for case in cases if case["state"] != CaseState.CANCELLED]
    groups = (
        *tallies_of_reports([*left, *opened]),
        tallies_of_referrals(_orientations(happened, partners)),
        tallies_of_interviews(_interviews(happened)),
    )
    waits = _Waits(reported, terms, threshold)
    return Year(
        year=year,
        threshold=threshold,
        tables=tuple(each for group in groups for each in tables(group, threshold)),
        to_acceptance=waits.until("accepted_at", DeadlineKind.TO_BE_ACCEPTED),
        to_first_contact=waits.until("contacted_at", DeadlineKind.FIRST_CONTACT),
        to_acceptance_since_taken=waits.until("accepted_at", DeadlineKind.TO_BE_ACCEPTED, since="taken_at"),
        to_first_contact_since_taken=waits.until("contacted_at", DeadlineKind.FIRST_CONTACT, since="taken_at"),
        coverage=posts(await read_coverage(counts.database, on)),
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
    names = ("departement", "zone", "urgency", "state", "received_at", "taken_at", "referrals", "interviews", "merge")
    told: Document = dict.fromkeys(names, True)
    computed = {"accepted_at": {"$min": "$assignments.accepted_at"}, "contacted_at": {"$min": contacts}}
    stages: list[Document] = [
        {"$match": {"received_at": {"$gte": first, "$lt": next_}, "test": False}},
        {"$project": told | computed},
        {"$sort": {"_id": 1}},
    ]
    cursor = await database[CASES.name].aggregate(stages, batchSize=10_000)
    return await cursor.to_list()


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


class _Waits(NamedTuple):
    """How long people waited."""

    cases: Sequence[Row]
    terms: Terms
    threshold: int

    def until(self, end: str, kind: DeadlineKind, since: str = "received_at") -> tuple[Delays, ...]:
        """Délais from one time of a case to another; in time is what its clock says, which runs from the receipt."""
        return delays(self._found(end, kind, since), self.threshold)

    def _found(self, end: str, kind: DeadlineKind, since: str) -> Iterable[Delay]:
        for case in self.cases:
            at, began = case.get(end), case.get(since)
            if at and began:
                ended, received = datetime.fromisoformat(at), case["received_at"]
                due_at = self.terms.due_at(
                    kind, Urgency(case["urgency"]), received, (case["departement"], case["zone"])
                )
                start = began if isinstance(began, datetime) else datetime.fromisoformat(began)
                yield Delay(case["departement"], max(0.0, (ended - start).total_seconds()), ended <= due_at)
