"""A country's worth of cases, written as referral keeps them: 600 posts, a million cases, a year of sealed files."""

from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from bson import ObjectId

from services.referral.domain.assignment import Assignment
from services.referral.domain.case import open_case
from services.referral.domain.dossier import Dossier
from services.referral.domain.following import Interview
from services.referral.domain.states import CaseState
from services.referral.domain.stations import KnownStation
from services.referral.store import CASES, DOSSIERS, MARKS, POSTS, STATIONS, Marks
from shared.contracts.blocks import Explanation
from shared.contracts.events import ReportAccepted
from shared.contracts.ids import NAMESPACE
from shared.contracts.report import KnownBy
from shared.contracts.vocabulary import DecidingRule, DurationBand, Force, InterviewPlace
from shared.delivery.cached import REVISIONS
from shared.delivery.delivery import Delivery
from shared.delivery.shelf import Shelf, Tracked
from shared.vault import Plain
from tests.referral.builders import PARIS, a_file, a_post, a_presence, a_report, an_iscg

CASES_IN_ALL, POSTS_IN_ALL, CASES_A_YEAR, OPEN_A_POST = 1_000_000, 600, 150_000, 30
DEPARTEMENTS = tuple(f"{n:02}" for n in range(1, 96) if n != 20)
COUNTED_YEAR, AT_ONCE = 2025, 2_000
HER_POST, HER_STATION, THEIR_POST = "post-31-1", "PN-31-0001", "post-31-2"
"""The sample ISCG who reads her list, and the one who accepts: their posts stand in the samples' roster."""
TO_ACCEPT = [UUID(int=3 * 10**15 + n) for n in range(2_000)]

Row = dict[str, Any]
Say = Callable[[str], None]


def place_of(n: int) -> tuple[str, str, str]:
    """The département, station and post of the n-th case."""
    k = n % POSTS_IN_ALL
    departement = DEPARTEMENTS[k % len(DEPARTEMENTS)]
    return departement, f"GN-{departement}-{k:04}", f"post-{k:04}"


async def settle(delivery: Delivery, say: Say) -> None:
    """Write everybody: posts, stations, cases of seven years, and the sealed files of the year that is counted."""
    await _people(delivery)
    ids = [UUID(int=10**12 + n) for n in range(CASES_IN_ALL)]
    for first in range(0, CASES_IN_ALL, 10_000):
        say(f"Scale: {first:,} of {CASES_IN_ALL:,} cases")
        rows = [_case(n, ids[n]) for n in range(first, min(first + 10_000, CASES_IN_ALL))]
        await delivery.database[CASES.name].insert_many(rows, ordered=False)
    counted = [id_ for n, id_ in enumerate(ids) if _year(n) == COUNTED_YEAR]
    for first in range(0, len(counted), AT_ONCE):
        say(f"Scale: {first:,} of {len(counted):,} sealed files")
        await _files(delivery, counted[first : first + AT_ONCE])
    to_accept = [OPEN | _ids(id_) | {"post_id": THEIR_POST} for id_ in TO_ACCEPT]
    await delivery.database[CASES.name].insert_many(to_accept)


async def _people(delivery: Delivery) -> None:
    posts, stations = [], []
    for k in range(POSTS_IN_ALL):
        departement, station, id_ = place_of(k)
        near = [a_presence(station=place_of(each % POSTS_IN_ALL)[1]) for each in (k, k + 94, k + 188)]
        posts.append(a_post(id_, *near, departement=departement, iscg=an_iscg(f"iscg-{k:04}")))
        known = KnownStation(
            station=station, force=Force.GENDARMERIE, departement=departement, commune="31555", zone=PARIS
        )
        stations.append(known)
    await delivery.database[POSTS.name].insert_many([_row(POSTS, each.id, each) for each in posts])
    await delivery.database[REVISIONS].update_one({"_id": POSTS.name}, {"$set": {"drawn": ObjectId()}})
    await delivery.database[STATIONS.name].insert_many([_row(STATIONS, each.station, each) for each in stations])


def _year(n: int) -> int:
    return COUNTED_YEAR + 1 - n // CASES_A_YEAR


def _row(shelf: Shelf[Any], id_: object, state: object) -> Row:
    return Tracked((shelf, str(id_)), state, rev=1, version=1).document()


def _a_case(*, is_open: bool) -> Row:
    """What each case looks like but for its ids, its place and its times."""
    at = datetime(COUNTED_YEAR, 1, 1, tzinfo=UTC)
    explanation = Explanation(candidates=(), rule=DecidingRule.LIGHTEST_LOAD)
    given: dict[str, Any] = {"post_id": "post-0001", "iscg_id": "iscg-0001", "assigned_at": at}
    case = open_case(a_report()).assigned(Assignment(id=UUID(int=1), explanation=explanation, **given))
    if not is_open:
        met = Interview(id=UUID(int=2), at=at, place=InterviewPlace.OFFICE, duration=DurationBand.FROM_30)
        case = case.accepted(at).met(met)
        case = case.model_copy(update={"state": CaseState.CLOSED, "post_id": None, "ended_at": at})
    return _row(CASES, case.id, case)


OPEN, OVER = _a_case(is_open=True), _a_case(is_open=False)


def _ids(id_: UUID) -> Row:
    return {"_id": str(id_), "id": str(id_), "report_id": str(uuid5(NAMESPACE, str(id_)))}


def _case(n: int, id_: UUID) -> Row:
    departement, station, post_id = place_of(n)
    is_open = n < POSTS_IN_ALL * OPEN_A_POST
    if is_open and n % POSTS_IN_ALL == 0:
        departement, station, post_id = "31", HER_STATION, HER_POST
    received_at = datetime(_year(n), 1, 1, tzinfo=UTC) + timedelta(seconds=(n * 7919) % (300 * 86_400))
    own = _ids(id_)
    there = {"departement": departement, "station": station, "received_at": received_at}
    if is_open:
        return OPEN | own | there | {"post_id": post_id}
    later = {"accepted_at": (received_at + timedelta(hours=3)).isoformat()}
    seen = {"at": (received_at + timedelta(days=1)).isoformat()}
    history = {"assignments": [OVER["assignments"][0] | later], "interviews": [OVER["interviews"][0] | seen]}
    return OVER | own | there | history | {"ended_at": received_at + timedelta(days=60)}


async def _files(delivery: Delivery, ids: Sequence[UUID]) -> None:
    """Each with the names of a person; every fifth person was reported before."""
    plain, marks = [], []
    for id_ in ids:
        name = f"{id_.int // 5 * 5 if id_.int % 5 < 2 else id_.int:064x}"
        file = a_file().model_copy(update={"known_by": KnownBy(names=(name,))})
        plain.append(Plain("file", str(id_), file.model_dump_json().encode()))
        marks.append(_row(MARKS, id_, Marks(marks=(name,))))
    sealed = await delivery.vault.seal_many(plain)
    dossiers = [
        _row(DOSSIERS, id_, Dossier(file=b64encode(each).decode())) for id_, each in zip(ids, sealed, strict=True)
    ]
    await delivery.database[DOSSIERS.name].insert_many(dossiers, ordered=False)
    await delivery.database[MARKS.name].insert_many(marks, ordered=False)


def accepted_reports(numbers: range) -> Iterator[ReportAccepted]:
    """Reports from all over the country."""
    for n in numbers:
        departement, station, _ = place_of(n)
        ids: dict[str, Any] = {"case_id": UUID(int=10**15 + n), "report_id": UUID(int=2 * 10**15 + n)}
        yield a_report(departement=departement, station=station, received_at=datetime.now(UTC), **ids)
