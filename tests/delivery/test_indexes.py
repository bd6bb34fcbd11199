"""What the engine asks every second must not cost more the longer a service lives."""

from typing import Any

import pytest
from bson import ObjectId

from shared.delivery.migrations import ENGINE, migrate
from tests.delivery.lane_of_one import Bench

LATE = {"pending": True, "$expr": {"$lt": ["$saved_at", {"$subtract": ["$$NOW", 1000]}]}}


@pytest.mark.parametrize(
    ("collection", "question", "index"),
    [
        ("outbox", LATE, "to-send"),
        ("outbox", {"pending": True, "aggregate": {"$in": ["cases/1"]}, "unit": {"$ne": ObjectId()}}, "to-send"),
        ("outbox", {"pending": True, "lane": "relais.intake/0"}, "to-send"),
        ("set_aside", {"wait_key": {"$in": ["relais.intake 1"]}, "state": "set-aside"}, "undecided"),
        ("set_aside", {"state": "waiting"}, "undecided"),
    ],
)
async def test_what_is_left_is_found_by_an_index(
    bench: Bench, collection: str, question: dict[str, Any], index: str
) -> None:
    await migrate(bench.database, [ENGINE])
    plan = await bench.database[collection].find(question).explain()
    assert f"'indexName': '{index}'" in repr(plan["queryPlanner"]["winningPlan"])
