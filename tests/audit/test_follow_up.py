"""What was said and is not followed up in time is seen in the log alone, whoever is away."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import orjson
import pytest
from pymongo import AsyncMongoClient

from services.audit.domain.following import CLOCKS_APART, EXPECTATIONS, OWED, Expectation
from services.audit.domain.head import Entry, Head
from services.audit.domain.merkle import leaf_hash
from services.audit.follow_up import FollowUp
from services.audit.store.documents import HEAD, entry_document, head_document, payload_document
from shared.contracts.event import Event
from shared.delivery.shelf import Database
from shared.watch.metrics import UNFOLLOWED, UNFOLLOWED_OLDEST_SECONDS, Metrics
from tests.audit.builders import a_line, ours

SOON, NOW = timedelta(seconds=5), datetime.now(UTC)
EACH = [pytest.param(each, id=each.what) for each in EXPECTATIONS]
FOLLOWED = [(each, event) for each in EXPECTATIONS for event in each.comes]
OPENED = [(each, event) for each in EXPECTATIONS for event in each.on]


def named(pairs: list[tuple[Expectation, type[Event]]]) -> list[Any]:
    return [pytest.param(*pair, id=f"{pair[0].what}-{pair[1].__name__}") for pair in pairs]


class Watched:
    """A log that is watched, and somebody who says what happens to one case."""

    def __init__(self, database: Database) -> None:
        self.database, self.metrics, self.case = database, Metrics("audit"), str(uuid4())
        self.follow_up = FollowUp(database, self.metrics)

    async def say(self, event: type[Event], urgency: str = "immediate", at: datetime = NOW) -> None:
        """Add a line to the log, as its writer does."""
        headers = ours(ce_type=event.type, ce_id=str(uuid4()), ce_subject=self.case, ce_time=at.isoformat())
        content = orjson.dumps({"urgency": urgency} if "urgency" in event.model_fields else {})
        index = await self.database["entries"].count_documents({})
        line = a_line(headers, ("relais.cases", 0, index), content)
        leaf = line.leaf.canonical()
        entry = Entry(index, line, leaf, leaf_hash(leaf), 0)
        await self.database["entries"].insert_one(entry_document(entry))
        await self.database["payloads"].insert_one(payload_document(entry) or {})
        await self.database["head"].update_one(
            {"_id": HEAD}, {"$set": head_document(Head()) | {"size": index + 1}}, upsert=True
        )

    async def look(self, later: timedelta = timedelta()) -> None:
        """Look, as if so much time had gone by since the last look."""
        moved = {"$set": {"at": {"$subtract": ["$at", round(later.total_seconds() * 1000)]}}}
        await self.database["sizes"].update_many({}, [moved])
        await self.follow_up.look()

    def counted(self, what: str) -> float:
        return self.metrics.registry.get_sample_value(UNFOLLOWED.name, {"service": "audit", "what": what}) or 0


@pytest.fixture
async def database(mongo: AsyncMongoClient[dict[str, Any]], shelter: str) -> AsyncIterator[Database]:
    """An empty log."""
    made = mongo[f"{shelter}_audit"]
    yield made
    for name in await made.list_collection_names():
        if name != "migrations":
            await made[name].delete_many({})


@pytest.fixture
async def watched(database: Database) -> Watched:
    """A log that was watched from its beginning."""
    made = Watched(database)
    await made.look()
    return made


@pytest.mark.parametrize(("expectation", "event"), named(OPENED))
async def test_what_is_not_followed_up_in_time_is_counted(
    watched: Watched, expectation: Expectation, event: type[Event]
) -> None:
    await watched.say(event)
    await watched.look()
    await watched.look(later=expectation.within - SOON)
    assert watched.counted(expectation.what) == 0
    await watched.look(later=SOON * 2)
    is_concerned = expectation.urgency is None or "urgency" in event.model_fields
    assert watched.counted(expectation.what) == is_concerned


@pytest.mark.parametrize(("expectation", "event"), named(FOLLOWED))
async def test_what_is_followed_up_in_time_is_not_counted(
    watched: Watched, expectation: Expectation, event: type[Event]
) -> None:
    await watched.say(expectation.on[0])
    await watched.say(event)
    await watched.look()
    await watched.look(later=expectation.within + SOON)
    assert watched.counted(expectation.what) == 0


@pytest.mark.parametrize("expectation", EACH)
async def test_what_is_followed_up_late_is_counted_until_then(watched: Watched, expectation: Expectation) -> None:
    await watched.say(expectation.on[0])
    await watched.look()
    await watched.look(later=expectation.within + SOON)
    assert watched.counted(expectation.what) == 1
    labels = {"service": "audit", "what": expectation.what}
    seconds = watched.metrics.registry.get_sample_value(UNFOLLOWED_OLDEST_SECONDS.name, labels)
    assert seconds and seconds >= expectation.within.total_seconds()
    await watched.say(expectation.comes[0])
    await watched.look()
    assert watched.counted(expectation.what) == 0


async def test_what_follows_in_the_log_before_it_counts_as_well(watched: Watched) -> None:
    expectation = EXPECTATIONS[0]
    await watched.say(expectation.comes[0])
    await watched.say(expectation.on[0])
    await watched.look()
    await watched.look(later=expectation.within + SOON)
    assert watched.counted(expectation.what) == 0


async def test_a_notice_of_before_does_not_follow_up_what_is_said_of_the_same_case_later(watched: Watched) -> None:
    [expectation] = [each for each in EXPECTATIONS if each.what == OWED]
    await watched.say(expectation.comes[0])
    await watched.say(expectation.on[0], at=NOW + CLOCKS_APART + SOON)
    await watched.look()
    await watched.look(later=expectation.within + SOON)
    assert watched.counted(OWED) == 1


async def test_what_follows_may_be_said_by_a_clock_that_is_slow(watched: Watched) -> None:
    [expectation] = [each for each in EXPECTATIONS if each.what == OWED]
    await watched.say(expectation.on[0])
    await watched.say(expectation.comes[0], at=NOW - SOON)
    await watched.look()
    await watched.look(later=expectation.within + SOON)
    assert watched.counted(OWED) == 0


async def test_a_notice_that_may_wait_for_quiet_hours_is_not_counted_among_those_that_may_not(watched: Watched) -> None:
    [expectation] = [each for each in EXPECTATIONS if each.what == OWED]
    await watched.say(expectation.on[0], urgency="standard")
    await watched.look()
    await watched.look(later=expectation.within + SOON)
    assert watched.counted(OWED) == 0


async def test_another_instance_goes_on_where_one_ended(watched: Watched) -> None:
    expectation = EXPECTATIONS[0]
    await watched.say(expectation.on[0])
    await watched.look()
    watched.follow_up, watched.metrics = (other := Watched(watched.database)).follow_up, other.metrics
    await watched.look(later=expectation.within + SOON)
    assert watched.counted(expectation.what) == 1


async def test_lines_of_before_it_was_watched_are_left_alone(database: Database) -> None:
    watched = Watched(database)
    await watched.say(EXPECTATIONS[0].on[0])
    await watched.look()
    await watched.look(later=EXPECTATIONS[0].within + SOON)
    assert watched.counted(EXPECTATIONS[0].what) == 0
