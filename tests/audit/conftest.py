"""A log of its own for each test."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest
from pymongo import AsyncMongoClient

from tests.audit.bench import Bench, a_bench


@pytest.fixture
async def bench(kafka: str, mongo: AsyncMongoClient[dict[str, Any]], namespace: str) -> AsyncIterator[Bench]:
    async with a_bench(kafka, mongo, f"{namespace}-{uuid4().hex[:6]}") as bench:
        yield bench
