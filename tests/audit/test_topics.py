"""What the log says when Kafka no longer has what was due, or has something else in its place."""

from uuid import uuid4

import pytest
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.admin import RecordsToDelete

from services.audit.handlers import sequencer
from tests.audit.bench import Bench, drop_topics, make_topics
from tests.audit.builders import stations
from tests.delivery.raw_batches import administering

REPORTS = "station.reports.police"


async def some_reports(bench: Bench, count: int, topic: str = REPORTS) -> None:
    for _ in range(count):
        await bench.send(topic, stations())


async def drop_records(bench: Bench, before: int) -> None:
    """What retention does to records that are too old."""
    async with administering(bench.kafka) as admin:
        await admin.delete_records({TopicPartition(f"{bench.namespace}.{REPORTS}", 0): RecordsToDelete(before)})


async def what_it_says(bench: Bench) -> list[tuple[str, int, str | None]]:
    return [(leaf["kind"], leaf["src"][2], leaf["subject"]) for leaf in await bench.leaves() if leaf["kind"] != "event"]


async def test_records_dropped_before_they_were_read_leave_a_line(bench: Bench) -> None:
    await some_reports(bench, 3)
    await bench.log_all()
    await some_reports(bench, 5)
    await drop_records(bench, 6)
    await bench.log_all()
    assert await what_it_says(bench) == [("gap", 3, "3-5")]
    assert [leaf["src"][2] for leaf in await bench.leaves() if leaf["kind"] == "event"] == [0, 1, 2, 6, 7]


async def test_records_dropped_while_the_log_is_running_leave_a_line(bench: Bench) -> None:
    async with bench.sequencing() as reading:
        await some_reports(bench, 3)
        await reading.drain()
        await some_reports(bench, 50)
        await drop_records(bench, 50)
        reading.source.seek({(REPORTS, 0): 3})
        await reading.run_until(lambda: reading.writer.head.reached[REPORTS, 0].due == 53)
    assert await what_it_says(bench) == [("gap", 3, "3-49")]
    assert [leaf["src"][2] for leaf in await bench.leaves() if leaf["kind"] == "event"] == [0, 1, 2, 50, 51, 52]


@pytest.mark.parametrize("many", [2, 5, 9], ids=["shorter", "as long", "longer"])
async def test_a_topic_made_anew_leaves_a_line_and_is_read_from_its_start(bench: Bench, many: int) -> None:
    await some_reports(bench, 5)
    await bench.log_all()
    await make_anew(bench)
    await some_reports(bench, many)
    await bench.log_all()
    assert await what_it_says(bench) == [("reset", 0, "5-0")]
    assert [leaf["src"][2] for leaf in await bench.leaves()] == [*range(5), 0, *range(many)]


async def test_a_longer_topic_made_anew_while_the_log_is_running_is_read_from_its_start(bench: Bench) -> None:
    async with bench.sequencing() as reading:
        await some_reports(bench, 5)
        await reading.drain()
        await make_anew(bench)
        await some_reports(bench, 9)
        reading.sequencer.list_soon()
        await reading.run_until(lambda: reading.writer.head.reached[REPORTS, 0][:2] == (9, 1))
    assert ("reset", 0, "5-0") in await what_it_says(bench)
    leaves = [leaf for leaf in await bench.leaves() if leaf["kind"] == "event"]
    assert [leaf["src"][2] for leaf in leaves[-9:]] == list(range(9))


async def test_a_topic_of_which_nothing_has_come_since_its_id_was_learnt_is_known_again(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    await some_reports(bench, 5)
    await bench.log_all()
    await forget_ids(bench)
    async with bench.sequencing() as reading:
        await reading.drain()
        monkeypatch.setattr(sequencer, "BEAT_SECONDS", 0.0)
        await reading.run_until(lambda: bool(reading.writer.head.reached[REPORTS, 0].topic_id))
    await make_anew(bench)
    await some_reports(bench, 9)
    await bench.log_all()
    assert (await bench.kinds()).count("reset") == 1
    assert [leaf["src"][2] for leaf in await bench.leaves() if leaf["kind"] == "event"][-9:] == list(range(9))


async def forget_ids(bench: Bench) -> None:
    """Leave the head as a version wrote it that knew no ids."""
    head = await bench.database["head"].find_one({})
    assert head
    bare = [each[:4] for each in head["reached"]]
    await bench.database["head"].update_one({"_id": head["_id"]}, {"$set": {"reached": bare}})


async def make_anew(bench: Bench) -> None:
    name = f"{bench.namespace}.{REPORTS}"
    await drop_topics(bench.kafka, [name])
    await make_topics(bench.kafka, {name: 1})


async def test_a_jump_over_aborted_records_leaves_no_line(bench: Bench) -> None:
    await some_reports(bench, 1)
    await send_in_transactions(bench)
    await some_reports(bench, 1)
    await bench.log_all()
    assert await bench.kinds() == ["event"] * 3


async def test_a_topic_that_ends_in_a_transactions_marker_is_read_to_its_end(bench: Bench) -> None:
    await send_in_transactions(bench)
    await bench.log_all()
    assert await bench.kinds() == ["event"]


async def send_in_transactions(bench: Bench) -> None:
    """As a vendor's transactional producer would: three records aborted, one committed."""
    name, headers = f"{bench.namespace}.{REPORTS}", stations()
    producer = AIOKafkaProducer(bootstrap_servers=bench.kafka, transactional_id=str(uuid4()))
    await producer.start()
    try:
        await producer.begin_transaction()
        for _ in range(3):
            await producer.send_and_wait(name, b"{}", headers=headers)
        await producer.abort_transaction()
        async with producer.transaction():
            await producer.send_and_wait(name, b"{}", headers=headers)
    finally:
        await producer.stop()


async def test_a_topic_that_appears_while_the_log_is_running_is_read(bench: Bench) -> None:
    async with bench.sequencing() as reading:
        await reading.drain()
        await make_topics(bench.kafka, {f"{bench.namespace}.station.reports.gendarmerie": 2})
        await some_reports(bench, 2, "station.reports.gendarmerie")
        reading.sequencer.list_soon()
        await reading.drain()
    assert {leaf["src"][0] for leaf in await bench.leaves()} == {"station.reports.gendarmerie"}


async def test_the_log_never_reads_what_it_says_itself(bench: Bench) -> None:
    for _ in range(3):
        await some_reports(bench, 1)
        await bench.log_all()
    assert await bench.kinds() == ["event"] * 3
