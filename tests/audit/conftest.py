"""A log of its own for each test."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pymongo import AsyncMongoClient

from services.audit.handlers import sequencer
from shared.vault.masters import MASTER_BYTES
from tests.audit.bench import Bench, a_bench, databases
from tests.audit.builders import a_key


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A few records need not wait for more: a test knows that there are none."""
    monkeypatch.setattr(sequencer, "GATHER_SECONDS", 0.0)


@pytest.fixture(scope="module")
async def shelter(mongo: AsyncMongoClient[dict[str, Any]], namespace: str) -> AsyncIterator[str]:
    async with databases(mongo, namespace) as shelter:
        yield shelter


@pytest.fixture
async def bench(
    kafka: str, mongo: AsyncMongoClient[dict[str, Any]], namespace: str, shelter: str
) -> AsyncIterator[Bench]:
    async with a_bench(kafka, mongo, f"{namespace}-{uuid4().hex[:6]}", shelter) as bench:
        yield bench


@pytest.fixture
async def following(mongo: AsyncMongoClient[dict[str, Any]], bench: Bench, namespace: str) -> AsyncIterator[Bench]:
    """The database of the next epoch, on the same topics."""
    async with databases(mongo, f"{namespace}-{uuid4().hex[:6]}") as shelter:
        yield Bench(bench.kafka, bench.namespace, shelter, bench.client, bench.producer)


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    """The log's signing key, as a process reads it; the master key of justifications stands beside it."""
    key = a_key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path = tmp_path / "key.pem"
    path.write_bytes(key)
    (tmp_path / "access").write_bytes(b"m" * MASTER_BYTES)
    return path
