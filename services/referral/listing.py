"""Lists the cases that are somebody's: for an ISCG those of her post and of whom she covers, for a coordinator all.

In the order in which they were received: what was read already never moves, so that pages neither miss nor repeat.
"""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from services.referral.domain.case import Case
from services.referral.domain.posts import Post
from services.referral.domain.states import ENDED, CaseState
from services.referral.store import CASES, COORDINATORS, FALLBACKS, POSTS
from shared.asking import Document
from shared.contracts.days import day_in
from shared.contracts.vocabulary import EscalationLevel
from shared.delivery.shelf import Database

OPEN = [state for state in CaseState if state not in ENDED and state is not CaseState.MERGED]
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


class Place(NamedTuple):
    """Where a case stands in the list."""

    received_at: datetime
    case_id: UUID

    def written(self) -> bytes:
        """The place in 24 bytes."""
        return ((self.received_at - BEGINNING) // MICROSECOND).to_bytes(8) + self.case_id.bytes

    @classmethod
    def read(cls, written: bytes) -> "Place":
        """The place in these bytes. Raises `OverflowError` for a moment beyond all calendars."""
        return cls(BEGINNING + int.from_bytes(written[:8]) * MICROSECOND, UUID(bytes=written[8:]))


async def cases_of_iscg(
    database: Database, authid: UUID, now: datetime, after: Place | None, most: int
) -> Sequence[tuple[Case, int]]:
    """The open cases that she holds, or whose holder she covers today, where that is; each with its version."""
    filled = database[POSTS.name].find({"iscg.authid": str(authid)})
    mine = [post.id for post in [POSTS.state(row) async for row in filled] if post.authid_at(now) == authid]
    away = database[POSTS.name].find({"absences.covered_by": {"$in": mine}})
    posts = [POSTS.state(row) async for row in away] if mine else []
    covered = [post.id for post in posts if _is_covered(post, now, mine)]
    return await _page(database, [{"post_id": {"$in": [*mine, *covered]}}], after, most)


def _is_covered(post: Post, now: datetime, by: Collection[str]) -> bool:
    if post.authid_at(now) is None:
        return False
    absence = post.absence_on(day_in(post.departement, now))
    return absence is not None and absence.covered_by in by


async def cases_of_coordinator(
    database: Database, authid: UUID, after: Place | None, most: int
) -> Sequence[tuple[Case, int]]:
    """The open cases of the départements that she coordinates, and those that have come up to her from others."""
    codes = await _coordinated(database, authid)
    which: list[Document] = [
        {"departement": {"$in": codes}},
        {"open_to": {"$in": codes}, "open_to.0": {"$exists": True}},
    ]
    if await database[FALLBACKS.name].find_one({"authid": str(authid)}, {"_id": True}):
        which.append({"escalations.level": EscalationLevel.NATIONAL})
    return await _page(database, [each | {"state": {"$in": OPEN}} for each in which], after, most)


async def posts_of_coordinator(database: Database, authid: UUID) -> Sequence[tuple[Post, int]]:
    """The posts of the départements that she coordinates, by id; each with its version."""
    codes = await _coordinated(database, authid)
    rows = database[POSTS.name].find({"departement": {"$in": codes}}).sort("_id", 1)
    return [(POSTS.state(row), row["version"]) async for row in rows]


async def count_unaccepted(database: Database, post_id: str) -> int:
    """How many cases of a post nobody has accepted."""
    return await database[CASES.name].count_documents({"state": CaseState.ASSIGNED, "post_id": post_id})


async def _coordinated(database: Database, authid: UUID) -> list[str]:
    return [row["_id"] async for row in database[COORDINATORS.name].find({"authid": str(authid)}, {"_id": True})]


async def _page(
    database: Database, which: list[Document], after: Place | None, most: int
) -> Sequence[tuple[Case, int]]:
    beyond: Document = {}
    if after:
        same = {"received_at": after.received_at, "_id": {"$gt": str(after.case_id)}}
        beyond = {"$or": [{"received_at": {"$gt": after.received_at}}, same]}
    found = database[CASES.name].find({"$and": [{"$or": which}, beyond]})
    rows = await found.sort([("received_at", 1), ("_id", 1)]).limit(most).to_list()
    return [(CASES.state(row), row["version"]) for row in rows]
