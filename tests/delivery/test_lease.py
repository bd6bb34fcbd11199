"""Rows that are owed at a time, on the real MongoDB: one instance takes each, and none is forgotten."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import BaseModel
from pymongo import AsyncMongoClient

from shared.delivery.clock import SystemClock
from shared.delivery.lease import DUE_INDEX, DueRows, Leases, Row
from shared.delivery.migrations import make_indexes
from shared.delivery.shelf import Database, Shelf
from shared.watch.metrics import Metrics
from shared.watch.tasks import Tasks
from shared.watch.traces import start_tracing, traceparent_now


class Errand(BaseModel):
    """Something owed."""

    due_at: datetime | None = None


ERRANDS: Shelf[Errand] = Shelf("errands", Errand, dates=("due_at",))
AGO, AHEAD = timedelta(seconds=-5), timedelta(hours=1)


@pytest.fixture
async def database(mongo: AsyncMongoClient[dict[str, Any]], namespace: str) -> AsyncIterator[Database]:
    """A database in which nothing is owed yet."""
    made = mongo[f"{namespace}_referral"]
    await make_indexes(made, {ERRANDS.name: [DUE_INDEX]})
    yield made
    await made[ERRANDS.name].drop()


async def owe(database: Database, id_: str, in_: timedelta | None) -> None:
    errand = Errand(due_at=None if in_ is None else datetime.now(UTC) + in_)
    await database[ERRANDS.name].insert_one({"_id": id_, **ERRANDS.document(errand)})


async def claimed(leases: Leases) -> str | None:
    rows = await leases.claim()
    return rows[0]["_id"] if rows else None


async def test_the_row_that_is_due_longest_is_taken_first(database: Database) -> None:
    await owe(database, "late", AGO)
    await owe(database, "later", AGO * 2)
    leases = Leases(database, ERRANDS)
    assert [await claimed(leases) for _ in range(3)] == ["later", "late", None]


async def test_what_is_not_due_or_done_is_left_alone(database: Database) -> None:
    await owe(database, "tomorrow", AHEAD)
    await owe(database, "done", None)
    assert await claimed(Leases(database, ERRANDS)) is None


async def test_of_many_instances_one_takes_each_row(database: Database) -> None:
    for n in range(10):
        await owe(database, f"errand-{n}", AGO)
    instances = [Leases(database, ERRANDS) for _ in range(4)]
    taken = await asyncio.gather(*(claimed(each) for each in instances * 4))
    assert sorted(filter(None, taken)) == [f"errand-{n}" for n in range(10)]


@pytest.mark.parametrize("time", range(20))
async def test_several_instances_that_take_many_at_once_never_take_the_same(database: Database, time: int) -> None:
    errands = [f"errand-{time}-{n:02}" for n in range(30)]
    for id_ in errands:
        await owe(database, id_, AGO)
    instances = [Leases(database, ERRANDS) for _ in range(4)]
    taken = await asyncio.gather(*(each.claim(most) for each, most in zip(instances, (30, 20, 30, 7), strict=True)))
    left = await instances[0].claim(30)
    assert sorted(row["_id"] for rows in [*taken, left] for row in rows) == errands


async def test_a_row_whose_holder_died_is_taken_again(database: Database) -> None:
    await owe(database, "errand", AGO)
    leases = Leases(database, ERRANDS, seconds=0.2)
    assert [await claimed(leases), await claimed(leases)] == ["errand", None]
    await asyncio.sleep(0.3)
    assert await claimed(leases) == "errand"


async def test_a_row_is_performed_in_no_trace_but_the_one_that_it_names(database: Database) -> None:
    await owe(database, "errand", AGO)
    tracing, heard = start_tracing("referral", "one"), asyncio.get_running_loop().create_future()

    async def perform(_row: Row) -> None:
        heard.set_result(traceparent_now())

    delivery = SimpleNamespace(database=database, clock=SystemClock(), tasks=Tasks(), after_commit=[])
    with tracing.hop("answer", "request"):
        running = asyncio.create_task(DueRows(delivery, ERRANDS, perform).run())  # type: ignore[arg-type] # enough of it
    assert await heard is None
    running.cancel()
    await running


async def test_a_row_that_cannot_be_performed_is_counted_and_stops_no_other(database: Database) -> None:
    await owe(database, "bad", AGO * 2)
    await owe(database, "good", AGO)
    metrics, done = Metrics("referral"), asyncio.Event()

    async def perform(row: Row) -> None:
        if row["_id"] == "bad":
            raise KeyError
        await database[ERRANDS.name].delete_one({"_id": row["_id"]})
        done.set()

    delivery: Any = SimpleNamespace(database=database, clock=SystemClock(), tasks=Tasks(metrics), after_commit=[])
    running = asyncio.create_task(DueRows(delivery, ERRANDS, perform).run())
    async with asyncio.timeout(20):
        await done.wait()
    running.cancel()
    await asyncio.wait([running])
    labels = {"service": "referral", "task": "claim-errands"}
    assert metrics.registry.get_sample_value("relais_task_item_failures_total", labels) == 1
