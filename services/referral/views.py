"""What handlers look at and never save: who covers a station, how much each holds, who knows the person already."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from services.referral.domain.case import Case
from services.referral.domain.partners import Partner
from services.referral.domain.posts import Post
from services.referral.domain.referrals import OPEN
from services.referral.store import CASES, MARKS, PARTNERS, POSTS
from shared.asking import Document
from shared.contracts.fields import Block
from shared.contracts.forms import OpaqueCode, UtcTime
from shared.contracts.report import CaseFile
from shared.delivery.shelf import View


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

_LAST = {"$arrayElemAt": ["$assignments", -1]}
_HOLDING: Document = {
    "_id": False,
    "report_id": True,
    "iscg_id": {"$getField": {"field": "iscg_id", "input": _LAST}},
    "is_open": {"$ne": [{"$ifNull": ["$post_id", None]}, None]},
    "touched_at": {"$ifNull": ["$ended_at", "$received_at"]},
}


def _covering(stations: Collection[str]) -> list[Document]:
    covers = {"from": POSTS.name, "localField": "absences.covered_by", "foreignField": "_id", "as": "covers"}
    return [{"$match": {"presences.station": {"$in": list(stations)}}}, {"$lookup": covers}]


def _by_station(found: Sequence[Document], stations: Collection[str]) -> Mapping[str, tuple[Post, ...]]:
    posts = {row["_id"]: POSTS.state(row) for row in found}
    covers = {row["_id"]: [POSTS.state(each) for each in row.pop("covers", ())] for row in found}

    def at(station: str) -> tuple[Post, ...]:
        here = {id_: post for id_, post in posts.items() if post.presence_at(station)}
        standing_in = {each.id: each for id_ in here for each in covers[id_]}
        return tuple((standing_in | here).values())

    return {station: at(station) for station in stations}


def _in_departements(departements: Collection[str]) -> list[Document]:
    return [{"$match": {"departement": {"$in": list(departements)}}}]


def _by_departement(found: Sequence[Document], departements: Collection[str]) -> Mapping[str, tuple[Partner, ...]]:
    partners = [PARTNERS.state(document) for document in found]
    return {code: tuple(partner for partner in partners if partner.departement == code) for code in departements}


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


def _filled_by(iscg_ids: Collection[str]) -> list[Document]:
    return [{"$match": {"iscg.id": {"$in": list(iscg_ids)}}}]


def _by_iscg(found: Sequence[Document], iscg_ids: Collection[str]) -> Mapping[str, tuple[Post, ...]]:
    posts = [POSTS.state(row) for row in found]
    return {id_: tuple(each for each in posts if each.iscg and each.iscg.id == id_) for id_ in iscg_ids}


def _open_of(post_ids: Collection[str]) -> list[Document]:
    return [{"$match": {"post_id": {"$in": list(post_ids)}}}, {"$project": {"post_id": True}}]


def _ids_by_post(found: Sequence[Document], post_ids: Collection[str]) -> Mapping[str, tuple[str, ...]]:
    return {id_: tuple(sorted(row["_id"] for row in found if row["post_id"] == id_)) for id_ in post_ids}


def _marked(marks: Collection[str]) -> list[Document]:
    case = {"from": CASES.name, "localField": "_id", "foreignField": "_id", "as": "case"}
    return [
        {"$match": {"marks": {"$in": list(marks)}}},
        {"$lookup": case | {"pipeline": [{"$match": {"assignments.0": {"$exists": True}}}, {"$project": _HOLDING}]}},
        {"$unwind": "$case"},
        {"$project": {"marks": True, "case": True}},
    ]


def _by_mark(found: Sequence[Document], marks: Collection[str]) -> Mapping[str, Holdings]:
    held = [(frozenset(row["marks"]), Holding.model_validate(row["case"])) for row in found]
    return {mark: tuple(each for of, each in held if mark in of) for mark in marks}


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


POSTS_AT: View[tuple[Post, ...]] = View(POSTS.name, _covering, _by_station)
"""By station: the posts that cover it, and those that stand in for them."""

PARTNERS_IN: View[tuple[Partner, ...]] = View(PARTNERS.name, _in_departements, _by_departement)
"""By département: whom a person may be referred to."""

FILLED_BY: View[tuple[Post, ...]] = View(POSTS.name, _filled_by, _by_iscg)
"""By ISCG: the posts that she fills, or filled when they ended."""

LOADS: View[int] = View(CASES.name, _held_by, _loads)
"""By post: how many open cases it holds. A count and never a field, so that lanes do not fight for it."""

REFERRED_TO: View[int] = View(CASES.name, _referred_to, _loads)
"""By partner: how many open referrals it holds. Asked of those whose capacity is known."""

HELD_BY: View[tuple[str, ...]] = View(CASES.name, _open_of, _ids_by_post)
"""By post: the ids of the cases that it holds."""

KNOWN: View[Holdings] = View(MARKS.name, _marked, _by_mark)
"""By mark: the cases of whoever is known by it."""

OF_THE_EVENT: View[Holdings] = View(CASES.name, _of_event, _by_report)
"""By report: its own case and those of other people of the same event, whichever report has named the other."""
