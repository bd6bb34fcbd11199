"""How much somebody was told within the hour is counted on MongoDB, and no further than it matters."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from pymongo import AsyncMongoClient

from services.notification.domain.notice import MOST_AN_HOUR
from services.notification.migrations import MIGRATIONS
from services.notification.store import LATELY, NOTICES
from shared.delivery.migrations import migrate
from shared.delivery.shelf import Database
from tests.notification.builders import a_notice

MANY, FEW, NOBODY = "iscg-31-a", "iscg-31-b", "iscg-31-c"


@pytest.fixture(scope="module")
async def database(mongo: AsyncMongoClient[dict[str, Any]], namespace: str) -> AsyncIterator[Database]:
    database, now = mongo[f"{namespace}_notification"], datetime.now(UTC)
    await migrate(database, MIGRATIONS)
    told = [(MANY, now)] * (MOST_AN_HOUR + 70) + [(FEW, now)] * 3 + [(FEW, now - timedelta(hours=2))] * 50
    notices = [a_notice().model_copy(update={"id": uuid4(), "ref": ref, "owed_at": at}) for ref, at in told]
    await database[NOTICES.name].insert_many([NOTICES.document(each) | {"_id": str(each.id)} for each in notices])
    yield database


async def test_each_is_counted_within_the_hour_and_no_further_than_decides(database: Database) -> None:
    refs = [MANY, NOBODY, FEW]
    found = await (await database[NOTICES.name].aggregate(LATELY.stages(refs))).to_list()
    assert LATELY.read(found, refs) == {MANY: MOST_AN_HOUR, FEW: 3}


async def test_more_people_are_asked_for_at_once_than_a_pipeline_has_room_for(database: Database) -> None:
    refs = [*(f"iscg-{n}" for n in range(1_500)), MANY, FEW]
    found = await (await database[NOTICES.name].aggregate(LATELY.stages(refs))).to_list()
    assert LATELY.read(found, refs) == {MANY: MOST_AN_HOUR, FEW: 3}


async def test_no_more_notices_are_looked_at_than_decide(database: Database) -> None:
    asked = {"aggregate": NOTICES.name, "pipeline": LATELY.stages([MANY]), "cursor": {}}
    plan = await database.command("explain", asked, verbosity="executionStats")
    assert f"{plan}".count("'indexName': 'of-a-recipient'")
    assert plan["stages"][0]["$cursor"]["executionStats"]["totalDocsExamined"] == MOST_AN_HOUR
