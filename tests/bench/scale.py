"""Referral with a million cases and 600 posts: one choice, a list, statistics, coverage, acceptance."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from functools import partial
from statistics import median
from typing import Any
from uuid import uuid4

import aiohttp

from deploy.demo.house import House
from deploy.local.stack import Stack
from services.referral.counting import Counts
from services.referral.covering import read_coverage
from services.referral.domain.terms import OURS
from services.referral.handlers import looked_at, on_report_accepted
from services.referral.migrations import MIGRATIONS
from services.referral.settings import ReferralSettings
from services.referral.yearbooks import Yearbooks, noting
from shared.contracts.events import ReportAccepted
from shared.delivery.cause import new_cause
from shared.delivery.delivery import Delivery
from shared.delivery.opening import open_delivery
from shared.delivery.unit import Work
from shared.settings import read_settings
from shared.watch.metrics import Metrics
from tests.bench.country import COUNTED_YEAR, TO_ACCEPT, accepted_reports, settle
from tests.bench.rows import Row, percentiles, used

CHOICES, READS, PACE = 300, 1_000, 50
TODAY = date(COUNTED_YEAR, 12, 31)
MEBI = 1024 * 1024
Say = Callable[[str], None]


def measure(stack: Stack, say: Say) -> list[Row]:
    """All of it, on one database; where there is nothing to compare with the goal alone stands beside it."""
    house = House(stack)
    house.open()
    try:
        os.environ.update({**stack.settings(), **house.settings()})
        rows = asyncio.run(_inside(say))
        rows += asyncio.run(_at_the_doors(house, say))
        mebi = used(house.services["referral"].process.pid() or 0).pss / MEBI
        return [*rows, Row("referral after it, PSS", "", f"{mebi:.0f} MiB", "", "≤ 160 MiB")]
    finally:
        house.close()


async def _inside(say: Say) -> list[Row]:
    async with _delivery() as delivery:
        await settle(delivery, say)
        return [*[row async for row in _choices(delivery, say)], *await _counts(delivery, say)]


@asynccontextmanager
async def _delivery() -> Any:
    settings = read_settings(ReferralSettings)
    async with open_delivery(settings, ("contact", "file"), MIGRATIONS, Metrics("referral")) as delivery:
        yield delivery


async def _choices(delivery: Delivery, say: Say) -> AsyncIterator[Row]:
    """CPU of what follows when a report is accepted: once, with the tries before all was read, and its unit."""
    say("Scale: choosing")
    once, cpu, whole = list[float](), list[float](), list[float]()
    for report in accepted_reports(range(CHOICES)):
        spent, cause = list[float](), new_cause(delivery, report.case_id)

        def decide(work: Work, report: ReportAccepted = report, spent: list[float] = spent) -> None:
            began = time.process_time()
            on_report_accepted(report, work, OURS)
            spent.append(time.process_time() - began)

        began = time.perf_counter()
        await delivery.perform(cause, decide, looked_at(report, cause))
        whole.append(time.perf_counter() - began)
        once.append(spent[-1])
        cpu.append(sum(spent))
    for what, found, goal in (
        ("assignment, CPU", once, "≤ 2 ms"),
        ("the same with the tries before all was read", cpu, ""),
        ("its whole unit, time", whole, ""),
    ):
        ours = percentiles(found)
        yield Row(f"{what}, p50 and p99", "", f"{ours[50]:.1f} and {ours[99]:.1f} ms", "", goal)


async def _counts(delivery: Delivery, say: Say) -> list[Row]:
    counts, rows = Counts(delivery.database, delivery.vault), list[Row]()
    yearbooks = Yearbooks(counts, OURS, 5, noting(delivery))
    publish = partial(yearbooks.publish, now=datetime(COUNTED_YEAR + 1, 2, 2, tzinfo=UTC))
    for what, work, goal in (("counted", publish, ""), ("as published", yearbooks.read, "≤ 5 s")):
        say(f"Scale: the statistics of {COUNTED_YEAR}, {what}")
        began = time.perf_counter()
        await work(COUNTED_YEAR)
        rows.append(Row(f"statistics of 150 000 cases, {what}", "", f"{time.perf_counter() - began:.2f} s", "", goal))
    began = time.perf_counter()
    await read_coverage(delivery.database, TODAY)
    return [*rows, Row("coverage of 94 départements", "", f"{time.perf_counter() - began:.1f} s", "", "≤ 5 s")]


async def _at_the_doors(house: House, say: Say) -> list[Row]:
    address = house.address("referral")
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as client:
        say("Scale: reading a list")
        bare = await _reads(client, f"{address}/livez", {})
        hers = await _reads(client, f"{address}/v1/cases", _token(house, "iscg-31-a"))
        theirs = await _reads(client, f"{address}/v1/cases", _token(house, "coordinator-31"))
        say("Scale: accepting")
        taken = await _accept(client, address, _token(house, "iscg-31-b"))
    return [
        *_door("list of an ISCG with 30 cases", bare, hers, "≤ 40 ms"),
        *_door("list of a coordinator", bare, theirs, ""),
        *_door(f"acceptance at {PACE}/s", bare, taken, "≤ 80 ms"),
    ]


def _token(house: House, name: str) -> dict[str, str]:
    return {"authorization": f"Bearer {house.token(name)}"}


async def _reads(client: aiohttp.ClientSession, url: str, headers: dict[str, str]) -> list[float]:
    """One after another."""
    seconds = []
    for _ in range(READS):
        began = time.perf_counter()
        async with client.get(url, headers=headers) as answer:
            await answer.read()
            if answer.status != 200:
                raise RuntimeError(f"The door answers {answer.status}")
        seconds.append(time.perf_counter() - began)
    return seconds


async def _accept(client: aiohttp.ClientSession, address: str, headers: dict[str, str]) -> list[float]:
    """At a steady pace that waits for nobody; from when each was due."""

    async def accept(n: int) -> None:
        act = headers | {"if-match": '"1"', "idempotency-key": str(uuid4())}
        async with client.post(f"{address}/v1/cases/{TO_ACCEPT[n]}/acceptance", headers=act) as answer:
            if answer.status != 200:
                raise RuntimeError(f"The door answers {answer.status}: {await answer.text()}")
        seconds[n] = time.perf_counter() - (start + n / PACE)

    start, seconds, asked = time.perf_counter() + 0.5, dict[int, float](), list[asyncio.Task[None]]()
    for n in range(len(TO_ACCEPT)):
        await asyncio.sleep(start + n / PACE - time.perf_counter())
        asked.append(asyncio.create_task(accept(n)))
    await asyncio.gather(*asked)
    return [seconds[n] for n in sorted(seconds)][len(TO_ACCEPT) // 5 :]


def _door(what: str, bare: Sequence[float], ours: Sequence[float], goal: str) -> Iterator[Row]:
    floor, found = percentiles(bare), percentiles(ours)
    said = ", ".join(f"{found[p]:.0f}" for p in (50, 95, 99))
    ratio = f"{median(ours) / median(bare):.1f}"
    yield Row(f"{what}, p50, p95, p99", f"{floor[99]:.0f} ms p99", f"{said} ms", ratio, f"p99 {goal}" if goal else "")
