"""One house for all that look at it from outside."""

from collections.abc import AsyncIterator

import pytest

from tests.system.outside import Outside, outside


@pytest.fixture(scope="session")
async def relais(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Outside]:
    async with outside(tmp_path_factory.mktemp("outside")) as seen:
        yield seen
