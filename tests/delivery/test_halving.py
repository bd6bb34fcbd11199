"""What can't be done together is done by halves; a record that fails by itself is set aside, but for other writers."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

import pytest
from pymongo.errors import OperationFailure

from shared.delivery import delivery, lanes, progress
from shared.delivery.arrival import Arrival
from shared.delivery.failures import Blocked, Contended, StaleRevision
from shared.delivery.record import Record
from shared.delivery.relais_door import RelaisDoor
from shared.delivery.transaction import Rows
from shared.delivery.transaction import commit as really_commit
from tests.delivery.lane_of_one import Bench
from tests.delivery.toy import Stream

GOES = 3


@pytest.fixture(autouse=True)
async def prepared(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    await bench.wipe()
    monkeypatch.setattr(delivery, "A_MOMENT", (0.0, 0.0))
    monkeypatch.setattr(lanes, "BLOCKED_GOES", GOES)


def reports(cases: Sequence[UUID]) -> Stream:
    stream = Stream()
    for case in cases:
        stream.say(case)
    return stream


def refuse(monkeypatch: pytest.MonkeyPatch, error: Exception, which: Any, before: Any = None) -> None:
    """Let the server refuse each transaction of which this is so."""

    async def commit(database: Any, rows: Rows, crash: Any) -> None:
        if which(rows):
            if before:
                await before()
            raise error
        await really_commit(database, rows, crash)

    monkeypatch.setattr(delivery, "commit", commit)


def is_about(case: UUID) -> Any:
    return lambda rows: any(state.key[1] == str(case) for state in rows.states)


@pytest.mark.parametrize("code", [251, 290])
async def test_a_transaction_that_the_server_ends_comes_again_with_less_in_it(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    cases = [uuid4() for _ in range(10)]
    refuse(monkeypatch, OperationFailure("ended", code), lambda rows: len(rows.states) > 3)
    await bench.lanes().run(reports(cases).records)
    assert [await bench.reports_of(case) for case in cases] == [1] * 10


async def test_a_single_record_whose_transaction_is_ended_comes_again_and_is_not_set_aside(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    lane, stream = bench.lanes(), reports([uuid4()])
    refuse(monkeypatch, OperationFailure("ended", 290), lambda _rows: True)
    for _ in range(2 * GOES):
        with pytest.raises(OperationFailure):
            await lane.run(stream.records)
    assert await bench.rows() == []


async def test_a_record_that_conflicts_with_nobody_is_set_aside_after_many_goes_and_holds_up_no_other(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, stuck, after = (uuid4() for _ in range(3))
    lane, stream = bench.lanes(), reports([before, stuck, after])
    refuse(monkeypatch, StaleRevision(), is_about(stuck))
    for _ in range(GOES - 1):
        with pytest.raises(Blocked):
            await lane.run(stream.records)
    await lane.run(stream.records)
    assert [row["reason"] for row in await bench.rows(state="set-aside")] == ["handler-failed"]
    assert [await bench.reports_of(case) for case in (before, stuck, after)] == [1, 0, 1]


async def test_a_record_for_which_other_writers_are_too_fast_is_never_set_aside(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = uuid4()
    lane, stream = bench.lanes(), reports([case, case])
    await lane.run(stream.records[:1])

    async def somebody_else_writes() -> None:
        await bench.database["tallies"].update_one({"_id": str(case)}, {"$inc": {"rev": 1}})

    refuse(monkeypatch, StaleRevision(), is_about(case), somebody_else_writes)
    for _ in range(2 * GOES):
        with pytest.raises(Contended):
            await lane.run(stream.records[1:])
    assert await bench.rows() == []
    monkeypatch.undo()
    await lane.run(stream.records[1:])
    assert await bench.reports_of(case) == 2


async def test_what_takes_too_long_to_decide_together_is_decided_apart(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "LONGEST_SECONDS", -1.0)
    cases = [uuid4() for _ in range(5)]
    await bench.lanes().run(reports(cases).records)
    assert [await bench.reports_of(case) for case in cases] == [1] * 5


async def test_a_record_on_which_the_door_itself_fails_is_set_aside_alone(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, bad, after = (uuid4() for _ in range(3))
    stream, read = reports([before, bad, after]), RelaisDoor.read

    async def stumble(self: RelaisDoor, records: Sequence[Record]) -> Sequence[Arrival]:
        if any(record.key == str(bad).encode() for record in records):
            raise ZeroDivisionError
        return await read(self, records)

    monkeypatch.setattr(RelaisDoor, "read", stumble)
    await bench.lanes().run(stream.records)
    assert [row["reason"] for row in await bench.rows(state="set-aside")] == ["handler-failed"]
    assert [await bench.reports_of(case) for case in (before, bad, after)] == [1, 0, 1]
