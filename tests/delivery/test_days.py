"""Each day is closed once, by whoever comes first, with the ids of all that was said in it."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest
from bson import ObjectId

from shared.contracts.ids import ids_digest
from shared.delivery import days
from shared.delivery.days import DAYS, NEXT, Days, Next
from shared.delivery.delivery import Delivery
from shared.delivery.migrations import DAYS as DAYS_BEGIN
from shared.delivery.outbox import send_again
from shared.delivery.unsent import row_id
from tests.delivery.lane_of_one import Bench

TODAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
YESTERDAY = TODAY - timedelta(days=1)
CASES, ACCESS, STANDING = "relais.cases", "relais.access", "relais.standing"


class Afternoon:
    """A clock that stands at four in the afternoon."""

    def now(self) -> datetime:
        return TODAY + timedelta(hours=16)


def on(bench: Bench) -> Delivery:
    made = bench.delivery
    return Delivery(made.service, made.database, made.vault, made.outbox, Afternoon(), made.tracing)


async def said(bench: Bench, at: datetime, topic: str = CASES, *, sent: bool = True) -> UUID:
    """An event that was said at this time."""
    unit, id_ = ObjectId.from_datetime(at).binary[:4] + uuid4().bytes[:8], uuid4()
    row = {"_id": row_id(unit, 0), "aggregate": "tallies/1", "subject": "1", "rev": 1, "i": 0, "topic": topic}
    await bench.database["outbox"].insert_one(
        row | {"headers": {"ce_id": str(id_), "ce_type": "x", "ce_sequence": "1"}, "bytes": b"{}"}
    )
    if not sent:
        await bench.database["unsent"].insert_one({"_id": unit, "lanes": [], "aggregates": ["tallies/1"]})
    return id_


async def due(bench: Bench, day: datetime) -> None:
    document = DAYS.document(Next(day=day.date()))
    row = {"_id": NEXT, "rev": 1, "version": 1, "sequences": {}, **document}
    await bench.database["days"].replace_one({"_id": NEXT}, row, upsert=True)


async def closed(bench: Bench) -> list[dict[str, Any]]:
    rows = await bench.database["outbox"].find({"headers.ce_type": "delivery.day-closed.v1"}, sort={"_id": 1}).to_list()
    return [orjson.loads(row["bytes"]) for row in rows]


def of(statements: Sequence[dict[str, Any]], topic: str) -> list[dict[str, Any]]:
    return [each for each in statements if each["topic"] == topic]


@pytest.fixture(autouse=True)
async def nothing_before(bench: Bench) -> None:
    await bench.wipe()


async def test_the_first_day_is_that_of_the_migration_and_is_not_over(bench: Bench) -> None:
    earliest = datetime.now(UTC).date()
    await DAYS_BEGIN.apply(bench.database)
    latest = datetime.now(UTC).date()
    await Days(on(bench)).close()
    assert await closed(bench) == []
    first = (await bench.database["days"].find_one({"_id": NEXT}) or {})["day"]
    assert earliest.isoformat() <= first <= latest.isoformat()
    await due(bench, YESTERDAY)
    await DAYS_BEGIN.apply(bench.database)
    assert (await bench.database["days"].find_one({"_id": NEXT}) or {})["day"] == YESTERDAY.date().isoformat()


async def test_a_day_is_closed_with_what_was_said_in_it_on_each_topic(bench: Bench) -> None:
    await due(bench, YESTERDAY)
    await said(bench, YESTERDAY - timedelta(seconds=1))
    ids = [await said(bench, YESTERDAY), await said(bench, TODAY - timedelta(seconds=1))]
    looked = await said(bench, YESTERDAY + timedelta(hours=3), ACCESS)
    await said(bench, TODAY)
    await Days(on(bench)).close()
    statements = await closed(bench)
    assert {each["topic"] for each in statements} == {CASES, ACCESS, STANDING}
    assert {each["day"] for each in statements} == {YESTERDAY.date().isoformat()}
    [cases], [access], [standing] = (of(statements, topic) for topic in (CASES, ACCESS, STANDING))
    assert cases["event_ids"] == [str(id_) for id_ in sorted(ids)]
    assert (cases["count"], cases["digest"]) == (2, ids_digest(ids))
    assert access["event_ids"] == [str(looked)]
    assert (standing["count"], standing["event_ids"]) == (0, [])


async def test_days_on_which_nobody_was_there_are_closed_one_by_one(bench: Bench) -> None:
    await due(bench, TODAY - timedelta(days=3))
    await Days(on(bench)).close()
    found = [each["day"] for each in of(await closed(bench), CASES)]
    assert found == [(TODAY - timedelta(days=back)).date().isoformat() for back in (3, 2, 1)]


async def test_two_instances_close_it_once(bench: Bench) -> None:
    await due(bench, YESTERDAY)
    await said(bench, YESTERDAY)
    first, second = Days(on(bench)), Days(on(bench))
    await first.close()
    await second.close()
    assert len(await closed(bench)) == len({CASES, ACCESS, STANDING})


async def test_a_day_of_which_something_is_unsent_is_not_closed(bench: Bench) -> None:
    await due(bench, YESTERDAY)
    await said(bench, YESTERDAY + timedelta(hours=1), sent=False)
    await Days(on(bench)).close()
    assert await closed(bench) == []
    await bench.database["unsent"].delete_many({})
    await Days(on(bench)).close()
    assert len(await closed(bench)) == len({CASES, ACCESS, STANDING})


async def test_a_large_day_is_closed_in_parts_and_goes_on_where_it_stopped(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(days, "MOST_IDS", 2)
    await due(bench, YESTERDAY)
    ids = {await said(bench, YESTERDAY + timedelta(hours=n)) for n in range(5)}
    await bench.database["days"].update_one({"_id": NEXT}, {"$set": {"number": 1}})
    await Days(on(bench)).close()
    assert [(each["part"], each["parts"]) for each in of(await closed(bench), CASES)] == [(2, 3), (3, 3)]
    await bench.database["days"].update_one({"_id": NEXT}, {"$set": {"number": 0, "day": str(YESTERDAY.date())}})
    await bench.database["outbox"].delete_many({"headers.ce_type": "delivery.day-closed.v1"})
    await Days(on(bench)).close()
    parts = of(await closed(bench), CASES)
    assert {UUID(id_) for each in parts for id_ in each["event_ids"]} == ids
    assert [each["count"] for each in parts] == [2, 2, 1]


async def test_what_is_missing_elsewhere_is_sent_again(bench: Bench) -> None:
    lost, _there = await said(bench, YESTERDAY), await said(bench, YESTERDAY)
    assert await send_again(bench.database, [str(lost), str(uuid4())]) == 1
    await bench.delivery.outbox.sweep(older_than_ms=-1000)
    assert bench.producer.sent == [(CASES, "1", f"x 1 {lost}")]
    assert await bench.database["unsent"].count_documents({}) == 0
