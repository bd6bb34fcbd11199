"""Every record becomes exactly one line, whatever happens to the one who writes it."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaProducer
from pymongo.errors import OperationFailure

from services.audit.checking import check_log
from services.audit.domain.head import Partition, Reached
from services.audit.domain.leaf import commitment
from services.audit.domain.reading import Line
from services.audit.domain.repeats import Sorted
from services.audit.domain.standing import RolledBack, TakenOver
from services.audit.handlers import sequencer
from services.audit.migrations import MIGRATIONS
from shared.delivery.crash import Point
from tests.audit.bench import Bench, Deadly, Killed
from tests.audit.builders import ours, stations

REPORTS, CASES = "station.reports.police", "relais.cases"
[FORGETTING] = [each for each in MIGRATIONS if "stations" in each.name]
CLEAR = '{"name":"Zéphyrine Oddname"}'.encode()


async def some_reports(bench: Bench, count: int) -> None:
    for _ in range(count):
        await bench.send(REPORTS, stations(ce_subject=str(uuid4())))


async def test_every_record_becomes_one_line_in_the_order_of_its_partition(bench: Bench) -> None:
    await some_reports(bench, 300)
    await bench.log_all()
    assert [leaf["src"] for leaf in await bench.leaves()] == [[REPORTS, 0, offset] for offset in range(300)]


@pytest.mark.parametrize("point", ["in-transaction", "after-commit", "while-publishing"])
async def test_a_sequencer_killed_at_any_step_leaves_one_line_a_record(bench: Bench, point: Point) -> None:
    await some_reports(bench, 20)
    await bench.log_all()
    await some_reports(bench, 20)
    with pytest.raises(Killed):
        async with bench.sequencing(Deadly(point)) as reading:
            await reading.drain()
    await some_reports(bench, 5)
    await bench.log_all()
    assert [leaf["src"][2] for leaf in await bench.leaves()] == list(range(45))


async def test_the_same_event_twice_is_one_line(bench: Bench) -> None:
    event = ours(ce_type="case.opened.v1", ce_id=str(uuid4()))
    await bench.send(CASES, event)
    await bench.send(CASES, event)
    await bench.log_all()
    await bench.send(CASES, event)
    await bench.log_all()
    assert await bench.kinds() == ["event"]


async def test_the_same_id_with_other_bytes_is_a_line_that_says_so(bench: Bench) -> None:
    event = ours(ce_type="case.opened.v1", ce_id=str(uuid4()))
    await bench.send(CASES, event, b'{"test":false}')
    await bench.log_all()
    await bench.send(CASES, event, b'{"test":true}')
    await bench.log_all()
    assert await bench.kinds() == ["event", "conflict"]


async def test_a_sequence_used_twice_is_a_line_that_says_so(bench: Bench) -> None:
    for _ in range(2):
        await bench.send(CASES, ours(ce_type="case.opened.v1", ce_id=str(uuid4()), ce_sequence="0000000001"))
        await bench.log_all()
    assert await bench.kinds() == ["event", "conflict"]


async def test_what_cannot_be_read_is_a_line_and_stops_nobody(bench: Bench) -> None:
    await bench.send(REPORTS, [], b"\xff")
    await bench.send(REPORTS, stations(), None, key=b"a key")
    await bench.send(REPORTS, [("ce_id", b"\xff")], b"{}")
    await bench.send(REPORTS, stations())
    await bench.log_all()
    assert await bench.kinds() == ["unreadable", "unreadable", "unreadable", "event"]


async def test_the_bytes_of_an_event_stand_beside_its_line(bench: Bench) -> None:
    await bench.send(CASES, ours(), b'{"iscg_id":"1"}')
    await bench.log_all()
    payload = await bench.database["payloads"].find_one({"_id": 0})
    assert payload["bytes"] == b'{"iscg_id":"1"}'


async def test_of_what_a_station_sent_only_salt_and_size_stand_beside_its_line(bench: Bench) -> None:
    await bench.send(REPORTS, stations(), CLEAR)
    await bench.send(REPORTS, [], CLEAR)
    await bench.log_all()
    payloads = await bench.database["payloads"].find({}, {"_id": False}).to_list()
    assert [list(each) for each in payloads] == [["salt", "size"]] * 2
    commits = [leaf["commit"] for leaf in await bench.leaves()]
    assert [commitment(each["salt"], CLEAR) for each in payloads] == commits


async def test_what_stations_sent_before_leaves_the_log_and_changes_no_line(bench: Bench) -> None:
    for topic, headers in ((REPORTS, stations()), (REPORTS, []), (CASES, []), (CASES, ours())):
        await bench.send(topic, headers, CLEAR)
    await bench.log_all()
    lines, payloads = await bench.leaves(), bench.database["payloads"]
    before = {"q": {}, "u": {"$set": {"bytes": CLEAR}, "$unset": {"size": ""}}, "multi": True}
    await bench.database.command("update", "payloads", updates=[before], bypassDocumentValidation=True)
    for _ in range(2):
        await FORGETTING.apply(bench.database)
    kept = {row["_id"]: row async for row in payloads.find({})}
    events = [n for n, line in enumerate(lines) if line["src"][0] == CASES and line["kind"] == "event"]
    assert [n for n in kept if "bytes" in kept[n]] == events
    assert {row["size"] for row in kept.values() if "size" in row} == {len(CLEAR)}
    assert await check_log(bench.database, lambda _done, _all: None) == (4, [])


async def test_a_record_larger_than_a_document_is_a_line_and_stops_nobody(bench: Bench) -> None:
    topic, large = f"{bench.namespace}.{CASES}", b" " * 17 * 1024 * 1024
    producer = AIOKafkaProducer(
        bootstrap_servers=bench.kafka,
        compression_type="gzip",
        max_request_size=2 * len(large),
        request_timeout_ms=9_000,
    )
    async with producer:
        await producer.send_and_wait(topic, large, headers=ours(ce_type="case.reopened.v1"))
    await bench.send(CASES, ours())
    await bench.log_all()
    assert [leaf["src"][2] for leaf in await bench.leaves()] == [0, 1]
    payloads = await bench.database["payloads"].find({"bytes": {"$exists": True}}).to_list()
    assert [each["_id"] for each in payloads] == [1]


@pytest.mark.parametrize("code", [251, 290])
async def test_a_transaction_that_the_server_ended_is_halved_until_it_goes_through(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    await some_reports(bench, 20)
    async with bench.sequencing() as reading:
        append, refused = reading.writer.append, list[int]()

        async def in_time(lines: Sequence[Line], reached: Mapping[Partition, Reached]) -> Sorted:
            if len(lines) > 3:
                refused.append(len(lines))
                raise OperationFailure("", code)
            return await append(lines, reached)

        monkeypatch.setattr(reading.writer, "append", in_time)
        await reading.run_until(lambda: reading.writer.head.size >= 20)
    assert refused
    assert [leaf["src"][2] for leaf in await bench.leaves()] == list(range(20))


async def test_each_batch_ends_in_a_checkpoint_that_is_published(bench: Bench) -> None:
    async with bench.sequencing() as reading:
        await some_reports(bench, 3)
        await reading.drain()
        await some_reports(bench, 2)
        await reading.drain()
        size = reading.writer.head.size
    rows = await bench.database["outbox"].find({}, sort={"rev": 1}).to_list()
    assert size == 5 and rows[-1]["headers"]["ce_type"] == "audit.checkpoint-signed.v1"
    assert await bench.database["unsent"].count_documents({}) == 0
    assert [row["headers"]["ce_sequence"] for row in rows] == [f"{n:010}" for n in range(1, len(rows) + 1)]


async def test_the_log_says_that_it_is_written_also_while_nothing_comes(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sequencer, "BEAT_SECONDS", 0)
    await some_reports(bench, 2)
    async with bench.sequencing() as reading:
        await reading.drain()
        await reading.sequencer.turn()
        checkpoints = await bench.database["checkpoints"].count_documents({})
        size = reading.writer.head.size
    assert await bench.kinds() == ["event", "event", *["heartbeat"] * (size - 2)]
    assert size > 2 and checkpoints == size - 1
    times = [leaf["time"] for leaf in await bench.leaves() if leaf["kind"] == "heartbeat"]
    assert times == sorted(times)


async def test_a_clock_that_goes_back_does_not_take_the_log_back(bench: Bench) -> None:
    late, early = datetime(2026, 11, 25, 12, tzinfo=UTC), datetime(2026, 11, 25, 11, tzinfo=UTC)
    async with bench.sequencing() as reading:
        for at in (late, early):
            await reading.writer.beat(at)
    assert [leaf["time"] for leaf in await bench.leaves()] == ["2026-11-25T12:00:00.000Z"] * 2


async def test_a_second_sequencer_makes_the_first_one_stop(bench: Bench) -> None:
    async with bench.sequencing() as first:
        await first.drain()
        async with bench.sequencing() as second:
            await some_reports(bench, 3)
            with pytest.raises(TakenOver):
                await first.sequencer.run(asyncio.Event())
            await second.drain()
    assert [leaf["src"][2] for leaf in await bench.leaves()] == [0, 1, 2]


async def test_an_older_state_put_back_is_not_signed(bench: Bench) -> None:
    await some_reports(bench, 3)
    await bench.log_all()
    old_head = await bench.database["head"].find_one({})
    await some_reports(bench, 3)
    await bench.log_all()
    await bench.database["entries"].delete_many({"_id": {"$gte": 3}})
    await bench.database["head"].replace_one({"_id": old_head["_id"]}, old_head)
    with pytest.raises(RolledBack, match="holds 3 lines, a checkpoint over 6"):
        await bench.log_all()
