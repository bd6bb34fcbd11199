"""A notification ready to be started on the real servers, and a mail server that answers as a test wishes."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from pymongo import AsyncMongoClient

from tests.notification.running import World, a_free_port, a_world
from tests.notification.sink import Sink


@pytest.fixture(scope="module")
async def world(
    kafka: str, mongo_url: str, mongo: AsyncMongoClient[Any], namespace: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[World]:
    """Topics, databases, keys; the mail server is not open yet."""
    folder, sink = tmp_path_factory.mktemp("masters"), Sink(a_free_port())
    async with a_world(kafka, mongo_url, mongo, namespace, folder=folder, sink=sink) as made:
        yield made
