"""What referral keeps: cases, their sealed dossiers, deadlines, the roster, and the answers to people's acts."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from uuid import UUID

from services.referral.domain.case import Case, CaseState, Dossier
from services.referral.domain.deadlines import Deadline
from services.referral.domain.partners import Partner
from services.referral.domain.roster import Calendar, Coordinator, Post
from services.referral.domain.stations import KnownStation
from shared.asking import Document
from shared.contracts.fields import Block
from shared.contracts.forms import UtcTime
from shared.contracts.vocabulary import Purpose
from shared.delivery.shelf import Database, Shelf, View
from shared.watch.metrics import OLDEST_UNASSIGNED_SECONDS, Metrics


class Opening(Block):
    """Consultation: who looked at a person's data and why. The words are sealed for an inspector, under its year."""

    id: UUID
    case_id: UUID
    by: UUID
    purpose: Purpose
    opened_at: UtcTime
    justification: str


class Answer(Block):
    """What an act was answered, so that its repetition under the same key is answered alike. Never content."""

    subject: UUID
    request: str
    version: int
    assignment_id: UUID


CASES: Shelf[Case] = Shelf("cases", Case, dates=("received_at",))
DOSSIERS: Shelf[Dossier] = Shelf("dossiers", Dossier)
DEADLINES: Shelf[Deadline] = Shelf("deadlines", Deadline, dates=("due_at",))
OPENINGS: Shelf[Opening] = Shelf("openings", Opening)
ANSWERS: Shelf[Answer] = Shelf("inbox", Answer)

STATIONS: Shelf[KnownStation] = Shelf("stations", KnownStation)
POSTS: Shelf[Post] = Shelf("posts", Post)
COORDINATORS: Shelf[Coordinator] = Shelf("coordinators", Coordinator)
PARTNERS: Shelf[Partner] = Shelf("partners", Partner)
CALENDARS: Shelf[Calendar] = Shelf("calendars", Calendar)


def _covering(stations: Collection[str]) -> list[Document]:
    return [{"$match": {"presences.station": {"$in": list(stations)}}}]


def _by_station(found: Sequence[Document], stations: Collection[str]) -> Mapping[str, tuple[Post, ...]]:
    posts = [POSTS.state(document) for document in found]
    return {station: tuple(post for post in posts if post.presence_at(station)) for station in stations}


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


def _by_post(found: Sequence[Document], post_ids: Collection[str]) -> Mapping[str, int]:
    return dict.fromkeys(post_ids, 0) | {row["_id"]: row["load"] for row in found}


POSTS_AT: View[tuple[Post, ...]] = View(POSTS.name, _covering, _by_station)
"""By station: the posts that cover it."""

PARTNERS_IN: View[tuple[Partner, ...]] = View(PARTNERS.name, _in_departements, _by_departement)
"""By département: whom a person may be referred to."""

LOADS: View[int] = View(CASES.name, _held_by, _by_post)
"""By post: how many open cases it holds. A count and never a field, so that lanes do not fight for it."""


async def stations_covered(database: Database) -> list[str]:
    """Every station that some post covers."""
    found: list[str] = await database[POSTS.name].distinct("presences.station")
    return found


def measuring_waits(database: Database, metrics: Metrics) -> Callable[[], Awaitable[None]]:
    """A round that measures how long the person who waits longest has had no social worker: the first number to see."""

    async def measure() -> None:
        metrics[OLDEST_UNASSIGNED_SECONDS].set(await _oldest_unassigned_seconds(database))

    return measure


async def _oldest_unassigned_seconds(database: Database) -> float:
    oldest: list[Document] = [
        {"$match": {"state": CaseState.ESCALATED, "post_id": None}},
        {"$sort": {"received_at": 1}},
        {"$limit": 1},
        {"$project": {"seconds": {"$divide": [{"$subtract": ["$$NOW", "$received_at"]}, 1000]}}},
    ]
    cursor = await database[CASES.name].aggregate(oldest)
    return max([row["seconds"] async for row in cursor], default=0.0)
