"""What the engine keeps, how long, and what becomes of what an older version kept."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from bson import ObjectId

from shared.delivery.failures import NotSent
from shared.delivery.migrations import BY_UNIT, ENGINE, LEANER, migrate
from shared.delivery.shelf import Database
from shared.delivery.unsent import row_id
from tests.delivery.lane_of_one import Bench
from tests.delivery.toy import Stream


def a_unit(days: int) -> bytes:
    """The id of a unit of work that was saved so many days ago."""
    return ObjectId.from_datetime(datetime.now(UTC) - timedelta(days=days)).binary


async def test_sent_rows_are_dropped_after_thirty_days_and_unsent_ones_never(bench: Bench) -> None:
    await bench.wipe()
    sent, unsent, young = a_unit(400), a_unit(399), a_unit(29)
    await bench.database["outbox"].insert_many({"_id": row_id(unit, 0)} for unit in (sent, unsent, young))
    await bench.database["unsent"].insert_one({"_id": unsent})
    await bench.delivery.outbox.forget_sent()
    assert await bench.database["outbox"].distinct("_id") == [row_id(unsent, 0), row_id(young, 0)]


async def test_what_an_older_version_has_not_sent_is_sent(bench: Bench) -> None:
    await bench.wipe()
    stream = Stream()
    stream.say(uuid4())
    bench.producer.is_up = False
    with pytest.raises(NotSent):
        await bench.run([stream.records])
    bench.producer.is_up = True
    await _as_it_was(bench.database)
    await migrate(bench.database, [ENGINE, LEANER, BY_UNIT])
    assert await bench.delivery.outbox.sweep(older_than_ms=-1000) == 3
    assert len(bench.producer.sent) == 3


async def _as_it_was(database: Database) -> None:
    """The outbox as it was before what is unsent was told by unit of work."""
    [unit] = await database["unsent"].find().to_list()
    rows = await database["outbox"].find().to_list()
    for name in ("unsent", "outbox", "migrations"):
        await database[name].delete_many({})
    left = {"unit": ObjectId(unit["_id"]), "lane": unit["lanes"][0], "pending": True, "saved_at": unit["saved_at"]}
    await database["outbox"].insert_many(row | left | {"_id": ObjectId()} for row in rows)
    await database["outbox"].insert_one({"_id": ObjectId(), "unit": ObjectId()})


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
