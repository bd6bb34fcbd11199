"""A log of its own for each test."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest
from pymongo import AsyncMongoClient

from services.audit.handlers import sequencer
from tests.audit.bench import Bench, a_bench, databases


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
