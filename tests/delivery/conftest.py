"""One lane on the run's MongoDB."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from pymongo import AsyncMongoClient

from tests.delivery.lane_of_one import Bench


@pytest.fixture(scope="module")
async def bench(mongo: AsyncMongoClient[dict[str, Any]], namespace: str) -> AsyncIterator[Bench]:
    """A toy service with a producer that only remembers."""
    made = Bench(mongo[f"{namespace}_referral"], mongo[f"{namespace}_vault"])
    await made.prepare()
    yield made
    await made.vault.close()
