"""Who stands still, who is ended for it, and who is not."""

import threading
from collections.abc import Collection
from typing import Any, cast

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import KafkaConnectionError, LeaderNotAvailableError

from shared.delivery.crash import CrashPoints
from shared.delivery.positions import LOOKS
from shared.delivery.reader import Reader
from shared.delivery.watchdog import PATIENT_LOOKS, Verdict, Watch, Watchdog
from shared.watch.metrics import READ_LAG, READ_STALLED_SECONDS, Metrics
from tests.delivery.remembering_consumer import RememberingConsumer

ONE, TWO = TopicPartition("relais.intake", 0), TopicPartition("relais.intake", 1)


@pytest.fixture
def consumer() -> RememberingConsumer:
    return RememberingConsumer(positions={ONE: 5, TWO: 5}, ends={ONE: 5, TWO: 5}, kept={ONE: 5, TWO: 5})


@pytest.fixture
def metrics() -> Metrics:
    return Metrics("referral")


@pytest.fixture
async def watch(consumer: RememberingConsumer, metrics: Metrics) -> Watch:
    async def stuck(_error: Exception) -> None:
        return

    reader = Reader(cast("Any", Idle()), "", CrashPoints(), metrics, stuck)
    reader.consumer = cast("Any", consumer)
    await reader.on_partitions_assigned([ONE, TWO])
    await reader.settle()
    return Watch(reader, metrics)


class Idle:
    """Lanes in which nothing happens."""

    def begin_afresh(self) -> None:
        return


async def look(watch: Watch, times: int) -> Verdict | None:
    """What a watchdog says after so many looks, the loop turning all the while."""
    watchdog = Watchdog(watch)
    verdicts = []
    for _ in range(times):
        await watch.look()
        watch.beats += 1
        verdicts.append(watchdog.verdict())
    return verdicts[-1]


async def test_who_has_read_nothing_for_an_hour_is_not_stuck_when_a_record_has_just_come(
    consumer: RememberingConsumer, watch: Watch
) -> None:
    assert await look(watch, 10 * LOOKS) is None
    consumer.ends[ONE] = 6
    assert await look(watch, 1) is None
    watch.reader.positions.commit({ONE: 6})
    assert await look(watch, 10 * LOOKS) is None


async def test_a_backlog_that_nobody_has_touched_for_so_many_looks_is_stuck(
    consumer: RememberingConsumer, watch: Watch
) -> None:
    consumer.ends[ONE] = 6
    assert await look(watch, LOOKS - 1) is None
    assert await look(watch, 1) == "nothing-tried"


async def test_whoever_tries_is_ended_only_after_long_and_is_not_ready_meanwhile(
    consumer: RememberingConsumer, watch: Watch, metrics: Metrics
) -> None:
    consumer.ends[ONE] = 8
    for n in range(PATIENT_LOOKS):
        watch.reader.positions.note_try()
        assert await look(watch, 1) == ("no-progress" if n + 1 == PATIENT_LOOKS else None)
        assert await watch.reader.is_progressing() == (n + 1 < LOOKS)
    assert metrics[READ_LAG]._value.get() == 3
    assert metrics[READ_STALLED_SECONDS]._value.get() == PATIENT_LOOKS * 5


async def test_whoever_commits_in_between_stands_still_in_no_partition(
    consumer: RememberingConsumer, watch: Watch
) -> None:
    consumer.ends[ONE] = 100
    for n in range(6, 6 + LOOKS):
        watch.reader.positions.commit({ONE: n})
        await look(watch, 1)
    assert await watch.reader.is_progressing()


async def test_one_partition_that_stands_still_is_seen_while_all_others_go_on(
    consumer: RememberingConsumer, watch: Watch
) -> None:
    consumer.ends |= {ONE: 6, TWO: 1000}
    for n in range(6, 7 + LOOKS):
        watch.reader.positions.note_try()
        watch.reader.positions.commit({TWO: n})
        await look(watch, 1)
    assert not await watch.reader.is_progressing()


async def test_a_deploy_that_fails_on_everything_is_not_ready_and_is_not_ended(
    consumer: RememberingConsumer, watch: Watch
) -> None:
    consumer.ends[ONE] = 6
    watch.reader.halted.add(ONE)
    for _ in range(PATIENT_LOOKS):
        watch.reader.positions.note_try()
        assert await look(watch, 1) is None
    assert not await watch.reader.is_progressing()


async def test_a_broker_that_does_not_answer_is_no_reason_to_end(
    consumer: RememberingConsumer, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    consumer.ends[ONE] = 6
    assert await look(watch, LOOKS - 1) is None

    async def away(_tps: object) -> dict[TopicPartition, int]:
        raise KafkaConnectionError

    monkeypatch.setattr(consumer, "end_offsets", away)
    assert await look(watch, LOOKS) is None


async def test_a_partition_that_nobody_leads_hides_no_other_one_that_stands_still(
    consumer: RememberingConsumer, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def ends(tps: Collection[TopicPartition]) -> dict[TopicPartition, int]:
        if TWO in tps:
            raise LeaderNotAvailableError
        return {ONE: 6}

    monkeypatch.setattr(consumer, "end_offsets", ends)
    assert await look(watch, LOOKS) == "nothing-tried"
    assert not await watch.reader.is_progressing()


def test_a_loop_that_turns_no_more_is_noticed_from_without() -> None:
    watch = Watch(Reader(cast("Any", Idle()), "", CrashPoints(), Metrics("referral"), cast("Any", None)), Metrics("x"))
    watchdog = Watchdog(watch)
    verdicts = [watchdog.verdict() for _ in range(LOOKS)]
    assert verdicts == [None] * (LOOKS - 1) + ["loop-blocked"]


def test_a_watchdog_that_has_seen_enough_ends_the_process_with_its_status(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.delivery.watchdog.EVERY_SECONDS", 0.001)
    watch = Watch(Reader(cast("Any", Idle()), "", CrashPoints(), Metrics("referral"), cast("Any", None)), Metrics("x"))
    ended = threading.Event()
    statuses: list[int] = []

    def end(status: int) -> None:
        statuses.append(status)
        ended.set()

    stop = Watchdog(watch, end).start()
    assert ended.wait(10)
    stop()
    assert statuses[0] == 70
