"""Who is ended for being stuck, and who is not."""

import time
from typing import Any, cast

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import KafkaConnectionError

from shared.delivery.crash import CrashPoints
from shared.delivery.reader import Reader
from shared.delivery.watchdog import LOOKS, Watchdog
from shared.watch.metrics import Metrics
from tests.delivery.remembering_consumer import RememberingConsumer

ONE = TopicPartition("relais.intake", 0)


@pytest.fixture
def consumer() -> RememberingConsumer:
    return RememberingConsumer(positions={ONE: 5}, ends={ONE: 5})


@pytest.fixture
def reader(consumer: RememberingConsumer) -> Reader:
    reader = Reader(cast("Any", None), "", CrashPoints(), Metrics("referral"), cast("Any", None))
    reader.consumer = cast("Any", consumer)
    reader.tried_at = time.monotonic() - 3600
    return reader


async def look(watchdog: Watchdog, times: int) -> bool:
    return [await watchdog.is_stuck() for _ in range(times)][-1]


async def test_who_has_read_nothing_for_an_hour_is_not_stuck_when_a_record_has_just_come(
    consumer: RememberingConsumer, reader: Reader
) -> None:
    watchdog = Watchdog(reader)
    assert not await look(watchdog, LOOKS)
    consumer.ends[ONE] = 6
    assert not await look(watchdog, 1)
    consumer.positions[ONE] = 6
    assert not await look(watchdog, LOOKS)


async def test_a_backlog_that_nobody_has_touched_for_so_many_looks_is_stuck(
    consumer: RememberingConsumer, reader: Reader
) -> None:
    consumer.ends[ONE] = 6
    watchdog = Watchdog(reader)
    assert not await look(watchdog, LOOKS - 1)
    assert await look(watchdog, 1)


async def test_whoever_tries_in_between_is_not_stuck(consumer: RememberingConsumer, reader: Reader) -> None:
    consumer.ends[ONE] = 6
    watchdog = Watchdog(reader)
    assert not await look(watchdog, LOOKS - 1)
    reader.tried_at = time.monotonic()
    assert not await look(watchdog, LOOKS - 1)


async def test_a_broker_that_does_not_answer_is_no_reason_to_end(
    consumer: RememberingConsumer, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    consumer.ends[ONE] = 6
    watchdog = Watchdog(reader)
    assert not await look(watchdog, LOOKS - 1)

    async def away(_tps: object) -> dict[TopicPartition, int]:
        raise KafkaConnectionError

    monkeypatch.setattr(consumer, "end_offsets", away)
    assert not await look(watchdog, LOOKS)
