"""The real servers that tests use: started when a test first asks for one, once a run, ended with it.

`RELAIS_KAFKA`, `RELAIS_MONGO`, `RELAIS_SMTP`: servers of one's own instead.
"""

import os
import signal
from collections.abc import AsyncIterator, Iterator
from itertools import count
from typing import Any
from uuid import uuid4

import pytest
import structlog
from aiokafka.admin import AIOKafkaAdminClient
from hypothesis import settings
from pymongo import AsyncMongoClient

from deploy.local.passing import passing_stack
from deploy.local.stack import Stack
from tests.delivery.hits import HITS

RUN = f"t{uuid4().hex[:6]}"
MODULES = count(1)


def pytest_configure() -> None:
    # Servers in clear and secrets of one letter: what is not for trials only has tests of its own.
    os.environ["RELAIS_TRIAL"] = "true"
    # A property is a law, not a time: on a busy machine a step takes as long as it takes.
    settings.register_profile("relais", deadline=None)
    settings.load_profile("relais")
    # A run that is told to end, not only one that is interrupted, must end its servers.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    # structlog's own default prints every local variable of a traceback.
    structlog.configure(processors=[structlog.processors.format_exc_info, structlog.processors.KeyValueRenderer()])


def pytest_sessionfinish(session: pytest.Session) -> None:
    """One of several workers tells what it hit to whoever sums up."""
    if (output := getattr(session.config, "workeroutput", None)) is not None:
        output["hits"] = dict(HITS)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """A worker has ended."""
    HITS.update(getattr(node, "workeroutput", {}).get("hits", {}))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Tell how often each crash point was hit: a campaign that hits nothing proves nothing."""
    if HITS:
        terminalreporter.write_line(f"Killed at: {', '.join(f'{point} {n}' for point, n in HITS.items())}")


@pytest.fixture(scope="session")
def servers() -> Iterator[Stack]:
    """The run's stack; nothing of it is started yet."""
    with passing_stack(os.environ) as stack:
        yield stack


@pytest.fixture(scope="session")
def stack(servers: Stack) -> Stack:
    """The run's stack, all of it started."""
    servers.start()
    return servers


@pytest.fixture(scope="session")
async def kafka(servers: Stack) -> AsyncIterator[str]:
    """Kafka's address."""
    yield servers.reach("RELAIS_KAFKA")
    if "RELAIS_KAFKA" in servers.outside:
        await remove_topics(servers.outside["RELAIS_KAFKA"])


@pytest.fixture(scope="session")
def mongo_url(servers: Stack) -> str:
    """MongoDB's address."""
    return servers.reach("RELAIS_MONGO")


@pytest.fixture(scope="session")
async def mongo(servers: Stack, mongo_url: str) -> AsyncIterator[AsyncMongoClient[dict[str, Any]]]:
    """MongoDB, reached as the services reach it."""
    async with AsyncMongoClient[dict[str, Any]](
        mongo_url,
        w="majority",
        journal=True,
        readConcernLevel="majority",
        tz_aware=True,
        uuidRepresentation="standard",
    ) as client:
        yield client
        if "RELAIS_MONGO" in servers.outside:
            for name in await client.list_database_names():
                if name.startswith(RUN):
                    await client.drop_database(name)


@pytest.fixture(scope="module")
def namespace() -> str:
    """A prefix for the topics, databases and groups of one test module."""
    return f"{RUN}{next(MODULES)}"


async def remove_topics(kafka: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    try:
        await admin.delete_topics([name for name in await admin.list_topics() if name.startswith(RUN)])
    finally:
        await admin.close()
