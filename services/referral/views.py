"""What handlers look at and never save: who covers a station, how much each holds, who knows the person already."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from services.referral.domain.case import Case
from services.referral.domain.indexes import PartnerIndex, PostIndex
from services.referral.domain.partners import Partner
from services.referral.domain.posts import Post
from services.referral.domain.referrals import OPEN
from services.referral.store import CASES, MARKS, PARTNERS, POSTS
from shared.asking import Document
from shared.contracts.fields import Block
from shared.contracts.forms import OpaqueCode, UtcTime
from shared.contracts.report import CaseFile
from shared.delivery.cached import Cached
from shared.delivery.shelf import CachedView, Key, View


class Holding(Block):
    """A case as far as a choice looks at it: who holds or held it, and when something last happened to it."""

    report_id: str
    iscg_id: OpaqueCode
    is_open: bool
    touched_at: UtcTime

    def is_recent(self, since: datetime) -> bool:
        """Whether it is open, or was after that moment."""
        return self.is_open or self.touched_at >= since


def holding_of(case: Case) -> Holding:
    """The same of a case that was read whole."""
    return Holding(
        report_id=str(case.report_id),
        iscg_id=case.assignments[-1].iscg_id,
        is_open=case.post_id is not None,
        touched_at=case.ended_at or case.received_at,
    )


Holdings = tuple[Holding, ...]
NONE: Holdings = ()
SHARED_BY_MOST = 100
"""Ours. A mark that more cases share is of no one person: a name that was made up, or one of a trial."""


class Marked(NamedTuple):
    """The cases that share a mark: how many, and who holds or held them, unless they are too many to tell anything."""

    cases: int = 0
    holdings: Holdings = NONE

    def and_one(self, case: Case) -> "Marked":
        """The same with one case more."""
        held = (*self.holdings, holding_of(case)) if case.assignments else self.holdings
        return Marked(self.cases + 1, held if self.cases < SHARED_BY_MOST else NONE)


_LAST = {"$arrayElemAt": ["$assignments", -1]}
_HOLDING: Document = {
    "_id": False,
    "report_id": True,
    "iscg_id": {"$getField": {"field": "iscg_id", "input": _LAST}},
    "is_open": {"$ne": [{"$ifNull": ["$post_id", None]}, None]},
    "touched_at": {"$ifNull": ["$ended_at", "$received_at"]},
}


def _held_by(post_ids: Collection[str]) -> list[Document]:
    return [
        {"$match": {"post_id": {"$in": list(post_ids)}}},
        {"$group": {"_id": "$post_id", "load": {"$sum": 1}}},
    ]


def _loads(found: Sequence[Document], ids: Collection[str]) -> Mapping[str, int]:
    return dict.fromkeys(ids, 0) | {row["_id"]: row["load"] for row in found}


def _referred_to(partner_ids: Collection[str]) -> list[Document]:
    these = {"$in": list(partner_ids)}
    awaited = {"partner_id": these, "state": {"$in": sorted(OPEN)}}
    return [
        {"$match": {"referrals.0": {"$exists": True}, "referrals": {"$elemMatch": awaited}}},
        {"$unwind": "$referrals"},
        {"$match": {f"referrals.{name}": wanted for name, wanted in awaited.items()}},
        {"$group": {"_id": "$referrals.partner_id", "load": {"$sum": 1}}},
    ]


def _open_of(post_ids: Collection[str]) -> list[Document]:
    return [{"$match": {"post_id": {"$in": list(post_ids)}}}, {"$project": {"post_id": True}}]


def _ids_by_post(found: Sequence[Document], post_ids: Collection[str]) -> Mapping[str, tuple[str, ...]]:
    return {id_: tuple(sorted(row["_id"] for row in found if row["post_id"] == id_)) for id_ in post_ids}


def _marked(marks: Collection[str]) -> list[Document]:
    these = {"$match": {"marks": {"$in": list(marks)}}}
    some = {"$firstN": {"input": "$_id", "n": SHARED_BY_MOST}}
    case = {"from": CASES.name, "localField": "some", "foreignField": "_id", "as": "held"}
    return [
        these,
        {"$unwind": "$marks"},
        these,
        {"$group": {"_id": "$marks", "cases": {"$sum": 1}, "some": some}},
        {"$set": {"some": {"$cond": [{"$gt": ["$cases", SHARED_BY_MOST]}, [], "$some"]}}},
        {"$lookup": case | {"pipeline": [{"$match": {"assignments.0": {"$exists": True}}}, {"$project": _HOLDING}]}},
    ]


def _by_mark(found: Sequence[Document], _marks: Collection[str]) -> Mapping[str, Marked]:
    return {row["_id"]: Marked(row["cases"], tuple(map(Holding.model_validate, row["held"]))) for row in found}


def _of_event(report_ids: Collection[str]) -> list[Document]:
    these = {"$in": list(report_ids)}
    either = [{"report_id": these}, {"related_to": these, "related_to.0": {"$exists": True}}]
    return [
        {"$match": {"$or": either, "assignments.0": {"$exists": True}}},
        {"$project": _HOLDING | {"related_to": True}},
    ]


def _by_report(found: Sequence[Document], report_ids: Collection[str]) -> Mapping[str, Holdings]:
    told = [({row["report_id"], *row.pop("related_to", ())}, Holding.model_validate(row)) for row in found]
    return {id_: tuple(each for about, each in told if id_ in about) for id_ in report_ids}


def names_of(file: CaseFile | None) -> tuple[str, ...]:
    """By which marks a person is told again: only those of her names."""
    return file.known_by.names if file and file.known_by else ()


_POSTS, _PARTNERS = Cached(POSTS, PostIndex), Cached(PARTNERS, PartnerIndex)

POSTS_AT: CachedView[tuple[Post, ...]] = CachedView(_POSTS, PostIndex.at)
"""By station: the posts that cover it, and those that stand in for them."""

PARTNERS_IN: CachedView[tuple[Partner, ...]] = CachedView(_PARTNERS, PartnerIndex.of)
"""By département: whom a person may be referred to."""

FILLED_BY: CachedView[tuple[Post, ...]] = CachedView(_POSTS, PostIndex.filled_by)
"""By ISCG: the posts that she fills, or filled when they ended."""

POSTS_OF: CachedView[tuple[Post, ...]] = CachedView(_POSTS, PostIndex.of)
"""By opaque id: the posts that whoever signs in so fills, or filled when they ended."""

LOADS: View[int] = View(CASES.name, _held_by, _loads)
"""By post: how many open cases it holds. A count and never a field, so that lanes do not fight for it."""

REFERRED_TO: View[int] = View(CASES.name, _referred_to, _loads)
"""By partner: how many open referrals it holds. Asked of those whose capacity is known."""

HELD_BY: View[tuple[str, ...]] = View(CASES.name, _open_of, _ids_by_post)
"""By post: the ids of the cases that it holds."""

KNOWN: View[Marked] = View(MARKS.name, _marked, _by_mark)
"""By mark: the cases of whoever is known by it."""

OF_THE_EVENT: View[Holdings] = View(CASES.name, _of_event, _by_report)
"""By report: its own case and those of other people of the same event, whichever report has named the other."""

ROSTER: list[Key] = [(POSTS_AT, ""), (PARTNERS_IN, "")]
"""What is read of the roster brings all of it: asked for once at the start, and not by each of the first reports."""
