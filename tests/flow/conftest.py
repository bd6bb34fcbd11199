"""The house, built once for all tests of this folder."""

import asyncio
import os
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
from pymongo import AsyncMongoClient

from deploy.local.stack import Stack
from shared.delivery.broker import build_producer
from tests.conftest import RUN
from tests.flow.house import ROLES, House, run_command


@pytest.fixture(scope="package")
async def house(stack: Stack, kafka: str, mongo: AsyncMongoClient[dict[str, Any]]) -> AsyncIterator[House]:
    """Four services on empty databases and topics of their own, with the sample registry and roster."""
    namespace, issuer = f"{RUN}flow", stack.issuer(ROLES)
    await asyncio.to_thread(issuer.start)
    traces = stack.folder / f"traces-{uuid4().hex[:6]}.jsonl"
    own = {
        "RELAIS_NAMESPACE": namespace,
        "RELAIS_ISSUER": issuer.address,
        "RELAIS_AUDIT_ORIGIN": f"relais.example/log/{namespace}",
        "RELAIS_TRACE_FILE": str(traces),
    }
    environment = {**os.environ, **stack.settings(), **own}
    await run_command(environment, "migrate")
    await run_command(environment, "samples", "load")
    started = await asyncio.to_thread(stack.start_services, own)
    producer = build_producer(kafka)
    await producer.start()
    services = {service.name: service for service in started}
    async with httpx.AsyncClient() as client:
        yield House(kafka, namespace, stack, issuer, services, producer, mongo, client, traces)
    await producer.stop()
    for server in (*started, issuer):
        await asyncio.to_thread(server.stop)
