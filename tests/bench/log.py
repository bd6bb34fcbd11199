"""The log with a million lines: appending beside a bare insert, searches, proofs, the start, and the verifier."""

import asyncio
import os
import secrets
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

import httpx
import uvloop
from pymongo import IndexModel

from deploy.demo.house import AUDITOR, House
from deploy.local.stack import Stack
from services.audit.domain.head import Reached, grow
from services.audit.domain.leaf import SALT_SIZE
from services.audit.domain.reading import Line, line_of
from services.audit.domain.searching import Filter
from services.audit.handlers.source import MOST_RECORDS
from services.audit.handlers.writer import LogWriter
from services.audit.migrations import MIGRATIONS
from services.audit.settings import AuditSettings
from services.audit.store.documents import HEAD, entry_document, head_document, payload_document
from services.audit.store.entries import Entries
from services.audit.store.log import LogStore, rows_of_growth
from services.audit.store.proofs import Proofs
from services.audit.store.public import PublicLog
from shared.delivery.delivery import Delivery
from shared.delivery.opening import open_delivery
from shared.delivery.process import collect_less
from shared.settings import read_settings
from shared.watch.metrics import Metrics
from tests.bench.rows import Row, percentiles, used

SMALL, LARGE, BATCH, ROUNDS, ASKED, TAKEN = 10_000, 1_000_000, MOST_RECORDS, 15, 400, 200_000
ACTORS, EVENTS_OF_A_CASE = 450, 8
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
MEBI = 1024 * 1024
Say = Callable[[str], None]
TYPES = ("case.opened.v1", "case.iscg-assigned.v1", "case.iscg-accepted.v1", "case.contact-attempted.v1")


def measure(stack: Stack, say: Say) -> list[Row]:
    """All of it, on one log that grows."""
    house = House(stack)
    house.open()
    try:
        os.environ.update({**stack.settings(), **house.settings()})
        house.services["audit"].stop()
        # As every service does.
        collect_less()
        rows = uvloop.run(_inside(say))
        say("Log: starting the service")
        began = time.perf_counter()
        house.services["audit"].start()
        rows.append(Row(f"start with {LARGE} lines", "", f"{time.perf_counter() - began:.1f} s", "", "≤ 3 s"))
        rows += asyncio.run(_at_the_doors(house, say))
        mebi = used(house.services["audit"].process.pid() or 0).pss / MEBI
        return [*rows, Row("audit after it, PSS", "", f"{mebi:.0f} MiB", "", "≤ 160 MiB")]
    finally:
        house.close()


async def _inside(say: Say) -> list[Row]:
    async with _delivery() as delivery:
        rows, found = list[Row](), dict[int, dict[str, list[float]]]()
        for size in (SMALL, LARGE):
            await _fill(delivery, size, say)
            say(f"Log: searching {size} lines")
            found[size] = await _searches(delivery, size)
        for what, goal in (("by case", 20), ("by actor and time", 20), ("by event id", 20), ("inclusion proof", 8)):
            few, many = (percentiles(found[size][what]) for size in (SMALL, LARGE))
            figures = f"{few[99]:.1f} ms", f"{many[99]:.1f} ms", f"{many[99] / few[99]:.1f}"
            rows.append(Row(f"{what}, p99, {SMALL} and {LARGE} lines", *figures, f"≤ {goal} ms, within 2 ×"))
        return [*rows, await _appending(delivery, say)]


@asynccontextmanager
async def _delivery() -> Any:
    async with open_delivery(read_settings(AuditSettings), (), MIGRATIONS, Metrics("audit")) as delivery:
        yield delivery


def _case(number: int) -> UUID:
    return UUID(int=(number // EVENTS_OF_A_CASE) * 0x9E3779B97F4A7C15 % 2**128)


def _event(number: int) -> UUID:
    return UUID(int=(number + 1) * 0xBF58476D1CE4E5B9F39CC60A1 % 2**128)


def _lines(numbers: range) -> Iterator[Line]:
    """What a country's services say, one event every half a minute, eight a case."""
    for number in numbers:
        case, at = str(_case(number)).encode(), BEGAN + timedelta(seconds=30 * number)
        headers = [
            ("ce_specversion", b"1.0"),
            ("ce_id", str(_event(number)).encode()),
            ("ce_type", TYPES[number % len(TYPES)].encode()),
            ("ce_source", b"/relais/referral/cases"),
            ("ce_subject", case),
            ("ce_correlationid", case),
            ("ce_authid", str(UUID(int=number % ACTORS)).encode()),
            ("ce_time", at.isoformat().encode()),
            ("ce_sequence", str(number % EVENTS_OF_A_CASE + 1).encode()),
        ]
        place = ("relais.cases", 0, 10_000_000 + number)
        yield line_of(place, at, headers, b'{"iscg_id":"0"}', secrets.token_bytes(SALT_SIZE))


async def _fill(delivery: Delivery, size: int, say: Say) -> None:
    """Lines straight into the collections: this is not what is measured."""
    store, signer, database = LogStore(delivery.database), read_settings(AuditSettings).signer(), delivery.database
    head = await store.take_over()
    edge = await store.edge(head.size)
    reached = {("relais.cases", 0): head.reached.get(("relais.cases", 0), Reached())}
    while head.size < size:
        say(f"Log: {head.size} of {size} lines")
        growth = grow(head, edge, _lines(range(head.size, head.size + BATCH)), reached)
        rows = rows_of_growth(head, growth, "not signed")
        for name in ("entries", "payloads", "tiles"):
            if rows.inserts[name]:
                await database[name].insert_many(rows.inserts[name], ordered=False)
        head, edge = growth.head, growth.edge
    await database["head"].update_one({"_id": HEAD}, {"$set": head_document(head)})
    writer = LogWriter(delivery, store, signer)
    await writer.take_over(None)
    await writer.beat(delivery.clock.now())


async def _searches(delivery: Delivery, size: int) -> dict[str, list[float]]:
    entries, proofs = Entries(delivery.database), Proofs(PublicLog(delivery.database))
    some = [secrets.randbelow(size - 100) for _ in range(ASKED)]
    days = [(BEGAN + timedelta(seconds=30 * number), number) for number in some]
    asked: dict[str, Sequence[Callable[[], Awaitable[object]]]] = {
        "by case": [_search(entries, case=_case(number)) for number in some],
        "by event id": [_search(entries, event=_event(number)) for number in some],
        "by actor and time": [
            _search(entries, actor=str(UUID(int=number % ACTORS)), from_time=at, to_time=at + timedelta(days=7))
            for at, number in days
        ],
        "inclusion proof": [lambda number=number: proofs.inclusion(number) for number in some],  # type: ignore[misc]
    }
    return {what: [await _timed(each) for each in questions] for what, questions in asked.items()}


def _search(entries: Entries, **which: Any) -> Callable[[], Awaitable[object]]:
    return lambda: entries.page(Filter(**which), "asc", None, 100)


async def _timed(question: Callable[[], Awaitable[object]]) -> float:
    began = time.perf_counter()
    await question()
    return time.perf_counter() - began


async def _appending(delivery: Delivery, say: Say) -> Row:
    """Batch by batch in turn: the writer, and the same documents by one insert a collection, equally indexed."""
    say("Log: appending")
    writer = LogWriter(delivery, LogStore(delivery.database), read_settings(AuditSettings).signer())
    await writer.take_over(None)
    bare = delivery.database.client[f"{delivery.database.name}_bare"]
    for name in ("entries", "payloads"):
        kept = await delivery.database[name].index_information()
        models = [_model(index, what) for index, what in kept.items() if index != "_id_"]
        if models:
            await bare[name].create_indexes(models)
    taken: dict[str, list[float]] = {"floor": [], "ours": []}
    for turn in range(ROUNDS):
        lines = list(_lines(range(LARGE + 2 * turn * BATCH, LARGE + (2 * turn + 1) * BATCH)))
        entries = grow(writer.head, writer._edge, lines, {("relais.cases", 0): Reached()}).entries
        documents = [entry_document(each) for each in entries], [payload_document(each) for each in entries]
        began = time.perf_counter()
        await bare["entries"].insert_many(documents[0])
        await bare["payloads"].insert_many([each for each in documents[1] if each])
        taken["floor"].append(time.perf_counter() - began)
        lines = list(_lines(range(LARGE + (2 * turn + 1) * BATCH, LARGE + (2 * turn + 2) * BATCH)))
        began = time.perf_counter()
        await writer.append(lines, {})
        taken["ours"].append(time.perf_counter() - began)
    floor, ours = (BATCH / median(taken[name]) for name in ("floor", "ours"))
    return Row("append, lines/s", f"{floor:.0f}", f"{ours:.0f}", f"{ours / floor:.2f}", "≥ 0.5")


def _model(name: str, what: dict[str, Any]) -> IndexModel:
    options = {key: what[key] for key in ("unique", "partialFilterExpression", "expireAfterSeconds") if key in what}
    return IndexModel(what["key"], name=name, **options)


async def _at_the_doors(house: House, say: Say) -> list[Row]:
    headers = {"authorization": f"Bearer {house.token(AUDITOR)}"}
    async with httpx.AsyncClient(base_url=house.address("audit"), headers=headers, timeout=60) as log:
        why = {"purpose": "audit", "justification": "a measurement"}
        consultation = (await log.post("/v1/consultations", json=why)).json()["consultation_id"]
        say("Log: searching at the door")
        taken = []
        for _ in range(ASKED):
            asked = {"consultation": consultation, "case": str(_case(secrets.randbelow(LARGE)))}
            began = time.perf_counter()
            (await log.get("/v1/entries", params=asked)).raise_for_status()
            taken.append(time.perf_counter() - began)
        found = percentiles(taken)
        door = Row(
            "search of a case at the door, logged, p50 and p99", "", f"{found[50]:.0f} and {found[99]:.0f} ms", "", ""
        )
        with TemporaryDirectory() as folder:
            return [door, await _verifying(log, consultation, Path(folder) / "taken.zip", say)]


async def _verifying(log: httpx.AsyncClient, consultation: str, out: Path, say: Say) -> Row:
    say(f"Log: taking {TAKEN} lines along")
    wish = {"consultation_id": consultation, "filter": {"from_index": 100, "to_index": 100 + TAKEN}}
    address = f"/v1/exports/{(await log.post('/v1/exports', json=wish)).raise_for_status().json()['export_id']}"
    while (await log.get(address)).json()["state"] != "ready":  # noqa: ASYNC110 # the service is another program
        await asyncio.sleep(0.5)
    async with log.stream("GET", f"{address}/bundle") as answer:
        with out.open("wb") as file:
            async for piece in answer.aiter_bytes():
                file.write(piece)
    key = read_settings(AuditSettings).signer().verifier.vkey
    say("Log: verifying them")
    began = time.perf_counter()
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "relais_verify", str(out), "--key", key)
    if await process.wait():
        raise RuntimeError("The bundle does not hold")
    rate = TAKEN / (time.perf_counter() - began)
    return Row(f"relais-verify, {TAKEN} lines, lines/s", "", f"{rate:.0f}", "", "≥ 60 000")
