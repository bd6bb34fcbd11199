"""Audit as a process: it starts, it is killed, it starts again, and it says why it will not sign."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pymongo import AsyncMongoClient

from shared.delivery.crash import KILLED
from shared.vault.masters import MASTER_BYTES
from tests.audit.bench import Bench, a_bench, databases
from tests.audit.builders import ORIGIN, a_key, stations

REPORTS = "station.reports.police"


@pytest.fixture
async def bench(kafka: str, mongo: AsyncMongoClient[dict[str, Any]], namespace: str) -> AsyncIterator[Bench]:
    """Databases and topics under the one name that a process is told."""
    own = f"{namespace}-{uuid4().hex[:6]}"
    async with databases(mongo, own), a_bench(kafka, mongo, own, own) as bench:
        yield bench


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    key = a_key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path = tmp_path / "key.pem"
    path.write_bytes(key)
    (tmp_path / "access").write_bytes(b"m" * MASTER_BYTES)
    return path


@asynccontextmanager
async def audit(
    bench: Bench, mongo_url: str, key_file: Path, port: int, **more: str
) -> AsyncIterator[asyncio.subprocess.Process]:
    """`python -m services.audit`; ended, if it still runs, when the block is left."""
    settings = {
        "RELAIS_KAFKA": bench.kafka,
        "RELAIS_MONGO": mongo_url,
        "RELAIS_NAMESPACE": bench.namespace,
        "RELAIS_ISSUER": "http://127.0.0.1:9",
        "RELAIS_AUTHID_SECRET": "s" * 32,
        "RELAIS_AUDIT_ORIGIN": ORIGIN,
        "RELAIS_AUDIT_SIGNING_KEY_FILE": str(key_file),
        "RELAIS_MASTER_ACCESS_FILE": str(key_file.with_name("access")),
        "RELAIS_HTTP_PORT": str(port),
        "RELAIS_METRICS_PORT": "0",
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "services.audit"),
        env={"PATH": os.environ["PATH"], **settings, **more},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()


async def until_logged(bench: Bench, size: int) -> None:
    for _ in range(300):
        if await bench.database["entries"].count_documents({}) >= size:
            return
        await asyncio.sleep(0.1)
    pytest.fail("the process has not logged everything within 30 seconds")


async def until_ready(port: int) -> None:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        for _ in range(300):
            with suppress(httpx.TransportError):
                if (await client.get("/readyz")).status_code == httpx.codes.OK:
                    return
            await asyncio.sleep(0.1)
    pytest.fail("the process has not become ready within 30 seconds")


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
