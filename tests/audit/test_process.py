"""Audit as a process: it starts, it is killed, it starts again, and it says why it will not sign."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from pymongo import AsyncMongoClient

from shared.delivery.crash import KILLED
from tests.audit.bench import Bench
from tests.audit.builders import ORIGIN, stations
from tests.audit.running import a_bench_of_its_own, audit, until_logged, until_ready

REPORTS = "station.reports.police"


@pytest.fixture
async def bench(kafka: str, mongo: AsyncMongoClient[dict[str, Any]], namespace: str) -> AsyncIterator[Bench]:
    async with a_bench_of_its_own(kafka, mongo, namespace) as bench:
        yield bench


async def some_reports(bench: Bench, count: int) -> None:
    for _ in range(count):
        await bench.send(REPORTS, stations())


async def test_it_gets_ready_logs_and_ends_when_asked(
    bench: Bench, mongo_url: str, key_file: Path, unused_tcp_port: int
) -> None:
    await some_reports(bench, 3)
    async with audit(bench, mongo_url, key_file, unused_tcp_port) as process:
        await until_logged(bench, 3)
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{unused_tcp_port}") as client:
            ready, checkpoint = await client.get("/readyz"), await client.get("/checkpoint")
        process.send_signal(signal.SIGTERM)
        _, said = await asyncio.wait_for(process.communicate(), 15)
    assert (ready.status_code, checkpoint.text.split("\n")[:2]) == (200, [ORIGIN, "3"])
    assert (process.returncode, said) == (0, b"")


@pytest.mark.parametrize("point", ["in-transaction", "after-commit", "while-publishing"])
async def test_a_process_killed_at_any_step_leaves_one_line_a_record(
    bench: Bench, mongo_url: str, key_file: Path, unused_tcp_port: int, point: str
) -> None:
    await some_reports(bench, 20)
    async with audit(bench, mongo_url, key_file, unused_tcp_port, RELAIS_CRASH_POINT=point) as process:
        assert await asyncio.wait_for(process.wait(), 30) == KILLED
    await some_reports(bench, 5)
    async with audit(bench, mongo_url, key_file, unused_tcp_port):
        await until_logged(bench, 25)
    assert [leaf["src"][2] for leaf in await bench.leaves()] == list(range(25))


async def test_a_process_says_why_it_will_not_sign(
    bench: Bench, mongo_url: str, key_file: Path, unused_tcp_port: int
) -> None:
    await some_reports(bench, 3)
    await bench.log_all()
    await bench.database["head"].delete_one({})
    async with audit(bench, mongo_url, key_file, unused_tcp_port) as process:
        _, said = await asyncio.wait_for(process.communicate(), 30)
    assert process.returncode == os.EX_DATAERR
    assert said.decode() == (
        "relais audit stops: The database holds 0 lines, a checkpoint over 3 lines was published: "
        "an older state was put back.\n"
    )


async def test_a_key_that_cannot_sign_stops_the_start_with_one_sentence(
    bench: Bench, mongo_url: str, unused_tcp_port: int
) -> None:
    async with audit(bench, mongo_url, Path(__file__), unused_tcp_port) as process:
        _, said = await asyncio.wait_for(process.communicate(), 30)
    assert process.returncode == os.EX_CONFIG
    assert said.decode().startswith("relais audit cannot start: RELAIS_AUDIT_SIGNING_KEY cannot sign")


async def writers(bench: Bench) -> list[str]:
    return [lease["holder"] async for lease in bench.database["leases"].find()]


async def test_whoever_stands_by_takes_over_when_the_writer_is_killed(
    bench: Bench, mongo_url: str, key_file: Path, unused_tcp_port_factory: Callable[[], int]
) -> None:
    one, other = unused_tcp_port_factory(), unused_tcp_port_factory()
    async with audit(bench, mongo_url, key_file, one, RELAIS_INSTANCE="one") as writing:
        await some_reports(bench, 3)
        await until_logged(bench, 3)
        async with audit(bench, mongo_url, key_file, other, RELAIS_INSTANCE="other") as standing_by:
            await until_ready(other)
            assert await writers(bench) == ["one"]
            writing.kill()
            await some_reports(bench, 3)
            await until_logged(bench, 6)
            assert await writers(bench) == ["other"]
            standing_by.send_signal(signal.SIGTERM)
            await asyncio.wait_for(standing_by.wait(), 15)
    assert await writers(bench) == []
    assert [leaf["src"][2] for leaf in await bench.leaves()] == list(range(6))


async def test_a_writer_that_was_halted_stands_by_when_it_wakes(
    bench: Bench, mongo_url: str, key_file: Path, unused_tcp_port_factory: Callable[[], int]
) -> None:
    one, other = unused_tcp_port_factory(), unused_tcp_port_factory()
    async with (
        audit(bench, mongo_url, key_file, one, RELAIS_INSTANCE="one") as first,
        audit(bench, mongo_url, key_file, other, RELAIS_INSTANCE="other") as second,
    ):
        await some_reports(bench, 3)
        await until_logged(bench, 3)
        [before] = await writers(bench)
        halted, port = (first, one) if before == "one" else (second, other)
        halted.send_signal(signal.SIGSTOP)
        await some_reports(bench, 3)
        await until_logged(bench, 6)
        halted.send_signal(signal.SIGCONT)
        await some_reports(bench, 3)
        await until_logged(bench, 9)
        await until_ready(port)
        assert before not in await writers(bench)
        assert halted.returncode is None
    assert [leaf["src"][2] for leaf in await bench.leaves()] == list(range(9))


async def test_a_log_that_has_ended_is_read_and_never_written(
    bench: Bench, mongo_url: str, key_file: Path, unused_tcp_port: int
) -> None:
    await some_reports(bench, 2)
    await bench.log_all()
    await bench.database["head"].update_one({}, {"$set": {"ended_by": "log.example/audit/2027"}})
    await some_reports(bench, 2)
    async with audit(bench, mongo_url, key_file, unused_tcp_port) as process:
        await until_ready(unused_tcp_port)
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{unused_tcp_port}") as client:
            checkpoint = await client.get("/checkpoint")
        process.send_signal(signal.SIGTERM)
        _, said = await asyncio.wait_for(process.communicate(), 15)
    assert checkpoint.text.split("\n")[:2] == [ORIGIN, "2"]
    assert (process.returncode, said) == (0, b"")
    assert len(await bench.leaves()) == 2
