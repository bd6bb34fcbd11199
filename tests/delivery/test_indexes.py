"""What the engine asks every second must not cost more the longer a service lives."""

from typing import Any
from uuid import uuid4

import pytest

from shared.delivery.failures import NotSent
from shared.delivery.migrations import ENGINE, migrate
from tests.delivery.lane_of_one import Bench
from tests.delivery.toy import Stream


@pytest.mark.parametrize(
    ("collection", "question", "index"),
    [
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


async def test_sent_rows_are_not_looked_at_to_find_the_unsent(bench: Bench) -> None:
    await bench.wipe()
    stream, case = Stream(), uuid4()
    for _ in range(5):
        stream.say(case)
    await bench.run([stream.records[:4]])
    bench.producer.is_up = False
    with pytest.raises(NotSent):
        await bench.run([stream.records[4:]])
    bench.producer.is_up = True
    [unit] = await bench.database["unsent"].find().to_list()
    rows = await bench.database["outbox"].count_documents({})
    assert (unit["many"], unit["aggregates"]) == (2, [f"tallies/{case}"])
    assert await bench.delivery.outbox.sweep(older_than_ms=-1000) == 2 < rows
    assert await bench.database["unsent"].count_documents({}) == 0
