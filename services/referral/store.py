"""What referral keeps: cases, their sealed dossiers, deadlines, the roster, and the answers to people's acts."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from uuid import UUID

from services.referral.domain.access import Access
from services.referral.domain.case import Case, NoSuchCase
from services.referral.domain.coordination import Coordinator, Fallback, Territory
from services.referral.domain.deadlines import Deadline
from services.referral.domain.dossier import Dossier
from services.referral.domain.emergencies import Emergencies
from services.referral.domain.holders import Subject
from services.referral.domain.inspections import Inspection
from services.referral.domain.partners import Partner
from services.referral.domain.posts import Post
from services.referral.domain.published import Calendar
from services.referral.domain.referrals import Referral
from services.referral.domain.states import CaseState
from services.referral.domain.stations import KnownStation
from services.referral.domain.statistics import Counted
from shared.asking import Document
from shared.contracts.fields import Block
from shared.contracts.forms import Sha256Hex, UtcTime
from shared.contracts.vocabulary import OpenedPart, Purpose
from shared.delivery.shelf import Beside, Database, Key, Shelf
from shared.delivery.unit import Work
from shared.watch.metrics import OLDEST_UNASSIGNED_SECONDS, Metrics


class NoOpening(Exception):
    """The file of this case was not opened by whoever asks, or too long ago."""


class Opening(Block):
    """Consultation: who looked at which of a person's data, why, and until when that is good.

    The words are sealed for an inspector, under its year.
    """

    id: UUID
    case_id: UUID
    by: UUID
    purpose: Purpose
    opened_at: UtcTime
    justification: str
    opened: tuple[OpenedPart, ...] = ()
    until: UtcTime | None = None

    def check_open(self, case_id: UUID, by: UUID, at: datetime) -> None:
        """Check that somebody has the file of this case open. Raises `NoOpening`."""
        is_theirs = (self.case_id, self.by) == (case_id, by) and OpenedPart.FILE in self.opened
        if not is_theirs or self.until is None or at >= self.until:
            raise NoOpening


class Answer(Block):
    """What an act was answered, so that its repetition under the same key is answered alike. Never content.

    `made` is the id of what the act has made, if it has: an assignment, an interview. `kept` are cases that stay.
    """

    subject: str
    request: str
    version: int = 0
    state: CaseState | None = None
    made: UUID | None = None
    kept: tuple[UUID, ...] = ()


class Marks(Block):
    """By what the person of a case is told again (repérage): keyed digests of her names with her day of birth."""

    marks: tuple[Sha256Hex, ...]


CASES: Shelf[Case] = Shelf("cases", Case, dates=("received_at", "last_contact_at", "ended_at", "erased_at"))
MARKS: Shelf[Marks] = Shelf("marks", Marks)
DOSSIERS: Shelf[Dossier] = Shelf("dossiers", Dossier)
DEADLINES: Shelf[Deadline] = Shelf("deadlines", Deadline, dates=("due_at",))
ACCESSES: Shelf[Access] = Shelf("accesses", Access)
INSPECTIONS: Shelf[Inspection] = Shelf("inspections", Inspection)
EMERGENCIES: Shelf[Emergencies] = Shelf("emergencies", Emergencies)
OPENINGS: Shelf[Opening] = Shelf("openings", Opening)
ANSWERS: Shelf[Answer] = Shelf("inbox", Answer)

COUNTED: Shelf[Counted] = Shelf("counted", Counted)
STATIONS: Shelf[KnownStation] = Shelf("stations", KnownStation)
POSTS: Shelf[Post] = Shelf("posts", Post, cached=True)
COORDINATORS: Shelf[Coordinator] = Shelf("coordinators", Coordinator)
SUBJECTS: Shelf[Subject] = Shelf("subjects", Subject)
TERRITORIES: Shelf[Territory] = Shelf("territories", Territory)
FALLBACKS: Shelf[Fallback] = Shelf("fallbacks", Fallback)
NATIONAL = "national"
POST_OF_CASE, TERRITORY_OF_CASE = Beside(CASES, "post_id", POSTS), Beside(CASES, "departement", TERRITORIES)
PARTNERS: Shelf[Partner] = Shelf("partners", Partner, cached=True)
CALENDARS: Shelf[Calendar] = Shelf("calendars", Calendar)


def around_case(case_id: object) -> list[Key]:
    """A case, and what almost whatever is done with it looks at besides."""
    return [(place, str(case_id)) for place in (CASES, POST_OF_CASE, TERRITORY_OF_CASE)]


def known_case(case_id: UUID, work: Work) -> Case:
    """A case that there is. Raises `NoSuchCase`."""
    case = work.get(CASES, case_id)
    if case is None:
        raise NoSuchCase
    return case


def survivor_of(case: Case, work: Work) -> Case:
    """The case that is seen to: the one of which this is a duplicate, or itself."""
    return known_case(case.survivor_id, work) if case.survivor_id else case


def linked_cases(case: Case, work: Work) -> list[Case]:
    """The other cases that are told to be of the same person."""
    return [linked for each in case.linked_to if (linked := work.get(CASES, each))]


def duplicates_of(case: Case, work: Work) -> list[Case]:
    """The cases that were merged into this one. Each of them is linked to it."""
    return [each for each in linked_cases(case, work) if each.survivor_id == case.id]


def post_of(case: Case, work: Work) -> Post | None:
    """The post that holds the case, or its survivor."""
    post_id = survivor_of(case, work).post_id
    return work.get(POSTS, post_id) if post_id else None


def partner_of(referral: Referral, work: Work) -> Partner | None:
    """Whom a person was referred to, as far as the directory still knows."""
    return work.get(PARTNERS, referral.partner_id) if referral.partner_id else None


async def stations_to_tell(database: Database) -> list[str]:
    """Every station that some post covers, or that was told once of one that does."""
    # Not `distinct`: by an index it names a post without presences too, as null.
    stages: list[Document] = [{"$unwind": "$presences"}, {"$group": {"_id": "$presences.station"}}]
    covered = [row["_id"] async for row in await database[POSTS.name].aggregate(stages)]
    return sorted({*covered, *await database[CALENDARS.name].distinct("_id")})


def measuring_waits(database: Database, metrics: Metrics) -> Callable[[], Awaitable[None]]:
    """A round that measures how long the person who waits longest has had no social worker: the first number to see."""

    async def measure() -> None:
        metrics[OLDEST_UNASSIGNED_SECONDS].set(await _oldest_unassigned_seconds(database))

    return measure


async def _oldest_unassigned_seconds(database: Database) -> float:
    oldest: list[Document] = [
        {"$match": {"state": {"$in": [CaseState.ESCALATED, CaseState.DECLINED]}, "post_id": None}},
        {"$sort": {"received_at": 1}},
        {"$limit": 1},
        {"$project": {"seconds": {"$divide": [{"$subtract": ["$$NOW", "$received_at"]}, 1000]}}},
    ]
    cursor = await database[CASES.name].aggregate(oldest)
    return max([row["seconds"] async for row in cursor], default=0.0)
