"""The roster that processes keep in memory: whoever is chosen is whom a fresh reading would have chosen."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from bson import ObjectId
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pymongo import AsyncMongoClient, MongoClient

from services.referral import store
from services.referral.domain.assignment import Chosen, Nobody, Wanted, choose
from services.referral.domain.indexes import PostIndex
from services.referral.domain.posts import Absence, Post
from services.referral.handlers import looked_at, on_report_accepted
from services.referral.migrations import MIGRATIONS
from services.referral.store import MARKS, POSTS, Marks
from services.referral.views import FILLED_BY, POSTS_AT, ROSTER
from shared.delivery.cached import REVISIONS, Cached, NoRevision
from shared.delivery.cause import Cause
from shared.delivery.failures import StaleRevision
from shared.delivery.migrations import migrate
from shared.delivery.sealing import rows_of
from shared.delivery.shelf import STREAMS, CachedView, Database, Key, Shelf, Tracked, load
from shared.delivery.transaction import commit
from shared.delivery.unit import Unit, Work
from shared.vault import migrate as migrate_vault
from tests.delivery.lane_of_one import Bench
from tests.referral.builders import MONDAY, STATION, TERMS, a_post, a_presence, a_report, an_iscg

STATIONS, INSTANCES = ("PN-31-0001", "GN-31-0412"), 2
POST_IDS = ("post-1", "post-2", "post-3")
AWAY = date(2026, 11, 20), date(2026, 11, 30)


def a_drawn_post(id_: str, stations: set[str], cover: str | None, share: int) -> Post:
    away = () if cover is None else (Absence(first_day=AWAY[0], last_day=AWAY[1], covered_by=cover),)
    there = (a_presence(station=each) for each in sorted(stations))
    return a_post(id_, *there, iscg=an_iscg(f"iscg-{id_}"), absences=away, share=share)


DRAWN_POSTS = st.builds(
    a_drawn_post,
    st.sampled_from(POST_IDS),
    st.sets(st.sampled_from(STATIONS)),
    st.none() | st.sampled_from(POST_IDS),
    st.sampled_from((50, 100)),
)
STEPS = st.lists(DRAWN_POSTS | st.integers(0, 3), max_size=25)
"""A post: it is so from now on. A number: this unit of work decides, or if it has decided it is saved."""


@pytest.fixture(scope="module")
async def bench(mongo: AsyncMongoClient[dict[str, Any]], namespace: str) -> AsyncIterator[Bench]:
    """The database of a referral."""
    made = Bench(mongo[f"{namespace}_referral"], mongo[f"{namespace}_vault"])
    await migrate(made.database, MIGRATIONS)
    await migrate_vault(made.vault_database)
    yield made
    await made.vault.close()


@dataclass
class Process:
    """One instance of referral, with what it keeps in memory."""

    bench: Bench
    posts_at: CachedView[tuple[Post, ...]] = field(
        default_factory=lambda: CachedView(Cached(POSTS, PostIndex), PostIndex.at)
    )

    async def change(self, post: Post) -> bool:
        """Have a post so, as a coordinator's act does. Returns whether it was otherwise."""
        unit = Unit("referral", await load(self.bench.database, [(POSTS, post.id)]))
        Work(unit, Cause(uuid4(), MONDAY)).put(POSTS, post.id, post)
        await self.save(unit)
        return bool(unit.touched())

    async def decide(self, station: str) -> tuple[Unit, Chosen | Nobody]:
        """Choose, and have something to save."""
        unit = Unit("referral", await load(self.bench.database, [(self.posts_at, station)]))
        posts: Sequence[Post] = unit.states[self.posts_at, station].state
        chosen = chosen_of(station, posts)
        unit.states[STREAMS, str(uuid4())] = Tracked((STREAMS, str(uuid4())), rev=1)
        return unit, chosen

    async def save(self, unit: Unit) -> None:
        await commit(self.bench.database, await rows_of(unit, self.bench.vault, MONDAY), self.bench.delivery.crash)


def chosen_of(station: str, posts: Sequence[Post]) -> Chosen | Nobody:
    return choose(Wanted(station, MONDAY, MONDAY), posts, dict.fromkeys(POST_IDS, 0))


async def chosen_afresh(database: Database, station: str) -> Chosen | Nobody:
    posts = [POSTS.state(row) async for row in database[POSTS.name].find({})]
    covers = {each.covered_by for post in posts if post.presence_at(station) for each in post.absences}
    return chosen_of(station, [post for post in posts if post.presence_at(station) or post.id in covers])


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
async def test_whatever_changes_meanwhile_a_saved_choice_is_that_of_a_fresh_reading(
    bench: Bench, steps: list[Post | int]
) -> None:
    await bench.database[POSTS.name].delete_many({})
    await bench.database[REVISIONS].update_one({"_id": POSTS.name}, {"$set": {"drawn": ObjectId()}})
    processes, open_units, changes = [Process(bench) for _ in range(INSTANCES)], dict[int, Any](), 0
    for step in steps:
        if isinstance(step, Post):
            changes += await processes[0].change(step)
            continue
        process, station = processes[step % INSTANCES], STATIONS[step // INSTANCES]
        if step not in open_units:
            open_units[step] = (await process.decide(station), changes)
            continue
        (unit, chosen), changes_before = open_units.pop(step)
        if changes_before != changes:
            with pytest.raises(StaleRevision):
                await process.save(unit)
            unit, chosen = await process.decide(station)
        await process.save(unit)
        assert chosen == await chosen_afresh(bench.database, station)


async def test_an_act_that_decided_on_a_stale_roster_decides_again(bench: Bench, mongo_url: str) -> None:
    process, seen = Process(bench), list[int]()
    await bench.database[POSTS.name].delete_many({})
    await process.change(a_drawn_post("post-1", {STATIONS[0]}, None, 100))

    def decide(client: MongoClient[dict[str, Any]], work: Work) -> None:
        [post] = work.get(process.posts_at, STATIONS[0]) or [a_post()]
        seen.append(post.share)
        work.put(MARKS, work.cause.id, Marks(marks=("a" * 64,)))
        if len(seen) == 1:
            database = client[bench.database.name]
            database[POSTS.name].update_one({"_id": "post-1"}, {"$set": {"share": 50}})
            database[REVISIONS].update_one({"_id": POSTS.name}, {"$set": {"drawn": ObjectId()}})

    cause = Cause(uuid4(), MONDAY)
    needs: list[Key] = [(process.posts_at, STATIONS[0]), (MARKS, str(cause.id))]
    with MongoClient[dict[str, Any]](mongo_url) as client:
        await bench.delivery.perform(cause, partial(decide, client), needs)
    assert seen == [100, 50]


async def test_what_a_unit_changes_itself_does_not_make_its_own_decision_stale(bench: Bench) -> None:
    process = Process(bench)
    needs: list[Key] = [(process.posts_at, STATIONS[0]), (POSTS, "post-2")]
    unit = Unit("referral", await load(bench.database, needs))
    Work(unit, Cause(uuid4(), MONDAY)).put(POSTS, "post-2", a_drawn_post("post-2", {STATIONS[0]}, None, 50))
    await process.save(unit)
    [_, second] = (await load(bench.database, [(process.posts_at, STATIONS[0])]))[needs[0]].state
    assert second.share == 50


async def test_the_roster_is_parsed_again_only_when_it_has_changed(bench: Bench) -> None:
    process, builds = Process(bench), list[int]()

    def build(posts: Sequence[Post]) -> PostIndex:
        builds.append(len(posts))
        return PostIndex(posts)

    process.posts_at = CachedView(Cached(POSTS, build), PostIndex.at)
    for _ in range(3):
        await process.decide(STATIONS[0])
    await process.change(a_drawn_post("post-3", set(), None, 100))
    await process.decide(STATIONS[1])
    assert len(builds) == 2


async def test_every_shelf_that_is_kept_in_memory_has_a_revision_from_the_first(bench: Bench) -> None:
    cached = {each.name for each in vars(store).values() if isinstance(each, Shelf) and each.cached}
    assert cached == {row["_id"] async for row in bench.database[REVISIONS].find({})} == {"posts", "partners"}


async def test_a_roster_without_a_revision_is_not_taken_for_an_empty_one(bench: Bench) -> None:
    await bench.database[REVISIONS].delete_one({"_id": POSTS.name})
    with pytest.raises(NoRevision):
        await Process(bench).decide(STATIONS[0])
    await bench.database[REVISIONS].insert_one({"_id": POSTS.name, "drawn": ObjectId()})


def test_two_questions_of_the_same_roster_are_answered_from_one_memory() -> None:
    assert POSTS_AT.of is FILLED_BY.of


async def test_once_the_roster_is_known_a_report_is_decided_in_one_round(bench: Bench) -> None:
    await Process(bench).change(a_drawn_post("post-1", {STATION}, None, 100))
    await load(bench.database, ROSTER)
    report, rounds = a_report(), list[int]()
    cause = Cause(uuid4(), MONDAY, subject=str(report.case_id))

    def decide(work: Work) -> None:
        rounds.append(1)
        on_report_accepted(report, work, TERMS)

    await bench.delivery.perform(cause, decide, looked_at(report, cause))
    assert len(rounds) == 1
