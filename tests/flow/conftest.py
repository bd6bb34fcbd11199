"""The house, built once for all tests of this folder."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from pymongo import AsyncMongoClient

from deploy.local.services import HTTP_PORTS, Service, start_together
from deploy.local.stack import Stack
from shared.delivery.broker import build_producer
from tests.conftest import RUN
from tests.flow.house import House, run_command
from tests.flow.people import ROLES, write_samples
from tests.flow.unsealed import UnsealedService

Mongo = AsyncMongoClient[dict[str, Any]]


@pytest.fixture(scope="package")
async def house(stack: Stack, mongo: Mongo) -> AsyncIterator[House]:
    """Four services on empty databases and topics of their own, with the sample registry and a roster at any hour."""
    async with a_house(stack, mongo, f"{RUN}flow") as house:
        yield house


@pytest.fixture(scope="module")
async def unsealed_house(stack: Stack, mongo: Mongo) -> AsyncIterator[House]:
    """The same house, as it would be without its vault."""
    async with a_house(stack, mongo, f"{RUN}unsealed", UnsealedService) as house:
        yield house


@asynccontextmanager
async def a_house(
    stack: Stack, mongo: Mongo, namespace: str, kind: type[Service] = Service, samples: Path | None = None
) -> AsyncIterator[House]:
    """A house of its own beside others on the same servers."""
    issuer, traces = stack.issuer(ROLES), stack.folder / f"traces-{uuid4().hex[:6]}.jsonl"
    await asyncio.to_thread(issuer.start)
    own = {
        "RELAIS_NAMESPACE": namespace,
        "RELAIS_ISSUER": issuer.address,
        "RELAIS_AUDIT_ORIGIN": f"relais.example/log/{namespace}",
        "RELAIS_TRACE_FILE": str(traces),
    }
    settings = {**stack.settings(), **own}
    samples = samples or write_samples(stack.folder / f"samples-{namespace}")
    await run_command({**os.environ, **settings}, "migrate")
    await run_command({**os.environ, **settings}, "samples", "load", "--folder", str(samples))
    services = {
        name: kind(f"{name}-{namespace}", stack.folder, stack.ports, stack.say, settings=settings)
        for name in HTTP_PORTS
    }
    await asyncio.to_thread(start_together, services.values())
    kafka = settings["RELAIS_KAFKA"]
    producer = build_producer(kafka)
    await producer.start()
    async with httpx.AsyncClient() as client:
        house = House(kafka, namespace, stack, issuer, services, producer, mongo, client, traces, settings)
        yield house
    house.check_alive()
    await producer.stop()
    for server in services.values():
        await asyncio.to_thread(server.stop)
