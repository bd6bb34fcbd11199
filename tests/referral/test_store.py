"""What referral looks up on the real MongoDB."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from pymongo import AsyncMongoClient

from services.referral.domain.assignment import Assignment
from services.referral.domain.case import Case, open_case
from services.referral.domain.referrals import Referral, ReferralState
from services.referral.domain.states import CaseState
from services.referral.migrations import MIGRATIONS
from services.referral.store import CASES, DEADLINES, MARKS, POSTS, Marks, measuring_waits, stations_to_tell
from services.referral.views import KNOWN, LOADS, REFERRED_TO, SHARED_BY_MOST, Marked
from shared.contracts.blocks import Explanation
from shared.contracts.vocabulary import DecidingRule
from shared.delivery.migrations import check_migrated, migrate
from shared.delivery.shelf import Database, Tracked, load
from shared.watch.metrics import OLDEST_UNASSIGNED_SECONDS, Metrics
from tests.referral.builders import a_post, a_report, an_iscg


@pytest.fixture
async def database(mongo: AsyncMongoClient[dict[str, Any]], namespace: str) -> AsyncIterator[Database]:
    """A migrated database without cases."""
    made = mongo[f"{namespace}_referral"]
    await migrate(made, MIGRATIONS)
    yield made
    for shelf in (CASES, MARKS):
        await made[shelf.name].delete_many({})


async def keep(database: Database, n: int, **changes: Any) -> Case:
    received_at = datetime.now(UTC) - timedelta(minutes=n)
    case = open_case(a_report(case_id=UUID(int=n), received_at=received_at)).model_copy(update=changes)
    await database[CASES.name].insert_one(Tracked((CASES, str(case.id)), case, rev=1).document())
    return case


def a_referral(n: int, partner_id: str, state: ReferralState) -> Referral:
    return Referral(id=UUID(int=n), partner_id=partner_id, state=state, answer_by=datetime.now(UTC))


async def waits(database: Database) -> float:
    metrics = Metrics("referral")
    await measuring_waits(database, metrics)()
    return metrics.registry.get_sample_value(OLDEST_UNASSIGNED_SECONDS.name, {"service": "referral"}) or 0.0


async def test_migrating_twice_changes_nothing(database: Database) -> None:
    await check_migrated(database, MIGRATIONS)
    assert await migrate(database, MIGRATIONS) == []


async def test_a_post_without_presences_is_no_station_to_tell(database: Database) -> None:
    posts = [a_post("post-1", presences=()), a_post("post-2")]
    await database[POSTS.name].insert_many([Tracked((POSTS, each.id), each, rev=1).document() for each in posts])
    assert await stations_to_tell(database) == [each.station for each in posts[1].presences]


async def test_a_load_is_the_number_of_cases_that_a_post_holds(database: Database) -> None:
    for n, post_id in enumerate(("post-1", "post-2", "post-1", None), start=1):
        await keep(database, n, post_id=post_id)
    found = await load(database, [(LOADS, "post-1"), (LOADS, "post-3")])
    assert {id_: each.state for (_, id_), each in found.items()} == {"post-1": 2, "post-3": 0}


async def test_a_partner_holds_the_referrals_of_which_something_is_awaited(database: Database) -> None:
    states = [ReferralState.SENT, ReferralState.ACCEPTED, ReferralState.REFUSED, ReferralState.CANCELLED]
    for n, state in enumerate(states, start=1):
        to = [("partner-a1", state), ("partner-b2", ReferralState.COMPLETED)]
        await keep(database, n, referrals=tuple(a_referral(n, *each) for n, each in enumerate(to)))
    found = await load(database, [(REFERRED_TO, "partner-a1"), (REFERRED_TO, "partner-b2")])
    assert {id_: each.state for (_, id_), each in found.items()} == {"partner-a1": 2, "partner-b2": 0}


async def test_of_a_mark_that_too_many_cases_share_only_their_number_is_read(database: Database) -> None:
    why, at = Explanation(candidates=(), rule=DecidingRule.COORDINATOR), datetime.now(UTC)
    chosen = Assignment(id=UUID(int=1), post_id="post-1", iscg_id="iscg-1", assigned_at=at, explanation=why)
    for n in range(1, SHARED_BY_MOST + 2):
        case = await keep(database, n, assignments=(chosen,) if n > 1 else ())
        marks = Marks(marks=("a" * 64, *(("b" * 64,) if n <= SHARED_BY_MOST else ())))
        await database[MARKS.name].insert_one(Tracked((MARKS, str(case.id)), marks, rev=1).document())
    loaded = await load(database, [(KNOWN, "a" * 64), (KNOWN, "b" * 64)])
    found = {id_: each.state for (_, id_), each in loaded.items()}
    assert found["a" * 64] == Marked(SHARED_BY_MOST + 1, ())
    assert found["b" * 64].cases == SHARED_BY_MOST
    assert len(found["b" * 64].holdings) == SHARED_BY_MOST - 1


async def test_the_first_number_is_how_long_a_person_has_had_no_social_worker(database: Database) -> None:
    await keep(database, 30, state=CaseState.ASSIGNED, post_id="post-1")
    assert await waits(database) == 0.0
    for minutes in (10, 20):
        await keep(database, minutes, state=CaseState.ESCALATED)
    assert 1200 <= await waits(database) < 1260


async def test_a_case_reads_back_as_it_was_kept(database: Database) -> None:
    kept = await keep(database, 5)
    document = await database[CASES.name].find_one({})
    assert document and CASES.state(document).model_dump(exclude={"received_at"}) == kept.model_dump(
        exclude={"received_at"}
    )


async def test_posts_and_clocks_of_an_older_version_are_read_after_migrating(
    mongo: AsyncMongoClient[dict[str, Any]], namespace: str
) -> None:
    older = mongo[f"{namespace}_older"]
    names = [each.name for each in MIGRATIONS]
    await migrate(older, MIGRATIONS[: names.index("posts with who fills them, reminders, and who knows whom")])
    engine: dict[str, Any] = {"rev": 1, "version": 1, "sequences": {}}
    ways = [{"channel": "email", "value": "iscg-1@relais.example"}]
    who = {"iscg_id": "iscg-1", "authid": str(UUID(int=5)), "channels": ways, "language": "fr"}
    await older["posts"].insert_one(
        {"_id": "post-1", "id": "post-1", "departement": "31", "presences": []} | who | engine
    )
    clock = {"id": str(UUID(int=6)), "case_id": str(UUID(int=1)), "kind": "to-be-accepted"}
    owed = {"assignment_id": str(UUID(int=7)), "due_at": datetime.now(UTC)}
    await older["deadlines"].insert_one({"_id": str(UUID(int=6))} | clock | owed | engine)
    await migrate(older, MIGRATIONS)
    [post], [deadline] = [await older[name].find().to_list() for name in ("posts", "deadlines")]
    assert POSTS.state(post).iscg == an_iscg("iscg-1", speaks=("fr",)).model_copy(update={"authid": UUID(int=5)})
    assert DEADLINES.state(deadline).due_at == DEADLINES.state(deadline).ends_at


async def test_whom_an_older_version_has_met_is_known_to_have_been_met_after_migrating(
    mongo: AsyncMongoClient[dict[str, Any]], namespace: str
) -> None:
    older = mongo[f"{namespace}_met"]
    names = [each.name for each in MIGRATIONS]
    await migrate(older, MIGRATIONS[: names.index("when people were last met")])
    at = [datetime(2026, 1, day, tzinfo=UTC) for day in (1, 2, 3)]
    attempts = [{"at": at[0].isoformat(), "outcome": "reached"}, {"at": at[2].isoformat(), "outcome": "no-answer"}]
    case = Tracked((CASES, "met"), open_case(a_report()), rev=1).document()
    met = case | {"attempts": attempts, "interviews": [{"at": at[1].isoformat()}]}
    missed = case | {"_id": "missed", "attempts": attempts[1:], "interviews": []}
    await older["cases"].insert_many([met, missed])
    await migrate(older, MIGRATIONS)
    last = {row["_id"]: row.get("last_contact_at") async for row in older["cases"].find()}
    assert last == {"met": at[1], "missed": None}
