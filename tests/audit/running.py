"""Audit as a process of its own, on topics and databases that are no other test's."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from pymongo import AsyncMongoClient

from tests.audit.bench import Bench, a_bench, databases
from tests.audit.builders import ORIGIN


@asynccontextmanager
async def a_bench_of_its_own(
    kafka: str, mongo: AsyncMongoClient[dict[str, Any]], namespace: str
) -> AsyncIterator[Bench]:
    """Databases and topics under the one name that a process is told."""
    own = f"{namespace}-{uuid4().hex[:6]}"
    async with databases(mongo, own), a_bench(kafka, mongo, own, own) as bench:
        yield bench


@asynccontextmanager
async def audit(
    bench: Bench, mongo_url: str, key_file: Path, port: int, **more: str
) -> AsyncIterator[asyncio.subprocess.Process]:
    """`python -m services.audit`; ended, if it still runs, when the block is left."""
    settings = {
        "RELAIS_TRIAL": "true",
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
        if await bench.database["entries"].count_documents({"kind": {"$ne": "heartbeat"}}) >= size:
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
