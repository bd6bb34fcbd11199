"""What the engine keeps, how long, and what becomes of what an older version kept."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from bson import ObjectId

from shared.delivery.migrations import ENGINE, LEANER, migrate
from tests.delivery.lane_of_one import Bench
from tests.delivery.toy import Stream


def a_row(age: timedelta, **members: object) -> dict[str, Any]:
    return {"_id": ObjectId.from_datetime(datetime.now(UTC) - age), "unit": ObjectId(), **members}


async def test_sent_rows_are_dropped_after_thirty_days_and_unsent_ones_never(bench: Bench) -> None:
    await bench.wipe()
    old, young = a_row(timedelta(days=31)), a_row(timedelta(days=29))
    unsent = a_row(timedelta(days=400), pending=True)
    await bench.database["outbox"].insert_many([old, young, unsent])
    await bench.delivery.outbox.forget_sent()
    assert {row["_id"] async for row in bench.database["outbox"].find()} == {young["_id"], unsent["_id"]}


async def test_a_stream_goes_on_where_an_older_version_had_read_it(bench: Bench) -> None:
    await bench.wipe()
    stream, case = Stream(), uuid4()
    for _ in range(3):
        stream.say(case)
    await bench.database["streams"].insert_one({"_id": f"/relais/intake/intake {case}", "rev": 2, "last": 2})
    await bench.database["migrations"].delete_many({})
    await migrate(bench.database, [ENGINE, LEANER])
    await bench.run([stream.records[2:]])
    assert await bench.reports_of(case) == 1
    assert await bench.rows(state="waiting") == []
    assert await bench.database["streams"].count_documents({}) == 0
