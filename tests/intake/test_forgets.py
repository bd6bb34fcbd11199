"""Intake keeps ids, digests, times and standings, and of a thousand people with odd names nothing else."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import orjson
import pytest
from pymongo import AsyncMongoClient

from deploy.local.stack import Stack
from shared.vault.jwe import seal_for_intake
from tests.contracts.builders import a_clear_part, a_content, setting
from tests.delivery.history import read_all
from tests.flow.test_canary import unwrapped
from tests.intake.builders import STATION
from tests.intake.conftest import World, an_intake

PEOPLE, PATIENCE = 1_000, 60.0
ODD = (
    *("Ŝŏřẽñ", "🦓", "مها", "\u202etxet", "\u200bzero", "O'Neill\"; --", "<b>x</b>", "$where", "../../etc", "%n%s{0}"),
    *("${jndi:x}", "e\u0301\u0301\u0301", "NULL", "١٢٣", "名前", "A" * 100, "ﬁ", "\\x00", "=cmd()", "İ"),
)
WORDS = re.compile(rb"Quokka\d{4}|Exemplestrasse")
NUMBERS = re.compile(rb"\+33639980\d{3}")
"""Other tests, which do without sealing, leave numbers in the servers' files: they count everywhere else."""


@pytest.fixture
async def running(
    stack: Stack, mongo: AsyncMongoClient[Any], namespace: str, tmp_path: Path
) -> AsyncIterator[tuple[World, Path]]:
    """An intake that writes its traces to a file."""
    traces = tmp_path / "traces.jsonl"
    async with an_intake(stack, mongo, f"{namespace}forgets", RELAIS_TRACE_FILE=str(traces)) as world:
        yield world, traces


def a_report(world: World, keys: Any, n: int) -> tuple[str, bytes]:
    """One of them: named oddly, living somewhere, reached somehow."""
    content = a_content(
        setting({"family": f"{ODD[n % len(ODD)]} Quokka{n:04}", "given": f"Quokka{n:04}"}, "persons", 0, "name"),
        setting({"lines": [f"{n} Exemplestrasse"]}, "persons", 0, "address"),
        setting(f"+33639980{n:03}", "persons", 0, "contact", "value"),
        setting(f"ask for Quokka{n:04}", "note"),
    )
    report_id = str(uuid4())
    sealed = seal_for_intake(keys, orjson.dumps(content))
    return report_id, orjson.dumps(a_clear_part(report_id=report_id, station=STATION, sealed=sealed))


async def outlets(world: World, traces: Path, mongo: AsyncMongoClient[Any]) -> AsyncIterator[bytes]:
    """All that comes out of intake."""
    topics = ("relais.intake", "station.receipts.gendarmerie", "station.reports.gendarmerie")
    for said in await read_all(world.kafka, [f"{world.namespace}.{topic}" for topic in topics]):
        yield said.value + repr(said.headers).encode()
    for name in await mongo.list_database_names():
        if name.startswith(f"{world.namespace}_"):
            for collection in await mongo[name].list_collection_names():
                async for row in mongo[name][collection].find():
                    yield repr(row).encode()
    for path in (world.service.process.log, traces):
        yield await asyncio.to_thread(path.read_bytes)
    async with httpx.AsyncClient() as client:
        yield (await client.get(world.service.metrics_address)).content


def files(stack: Stack) -> Iterator[bytes]:
    """What database and broker have on their disks."""
    for kind in ("kafka", "mongo"):
        yield from (path.read_bytes() for path in (stack.folder / kind).rglob("*") if path.is_file())


def found_in(text: bytes) -> Iterator[bytes]:
    """What of them can be read in a text, also where it is wrapped."""
    for plain in unwrapped(text):
        yield from WORDS.findall(plain)
        yield from NUMBERS.findall(plain)


async def test_of_a_thousand_people_nothing_is_left_that_names_them(
    running: tuple[World, Path], stack: Stack, mongo: AsyncMongoClient[Any]
) -> None:
    world, traces = running
    async with httpx.AsyncClient() as client:
        keys = (await client.get(f"{world.service.address}/.well-known/jwks.json")).json()
    reports = dict(a_report(world, keys, n) for n in range(PEOPLE))
    await asyncio.gather(*(world.send(body, report_id=id_) for id_, body in reports.items()))  # type: ignore[arg-type]
    filed = mongo[f"{world.namespace}_intake"]["reports"]
    async with asyncio.timeout(PATIENCE):
        while await filed.count_documents({"standing": "received"}) < PEOPLE:  # noqa: ASYNC110
            await asyncio.sleep(0.2)
    left = {word async for text in outlets(world, traces, mongo) for word in found_in(text)}
    assert left == set()
    assert [word for text in files(stack) for word in WORDS.findall(text)] == []


def test_the_search_would_find_them() -> None:
    assert list(found_in(b"a Quokka0007 b"))
    assert list(found_in(b'"UXVva2thMDAwNyBpcyB3cmFwcGVkIGhlcmU="'))
