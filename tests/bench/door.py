"""Intake's HTTPS door at a steady pace that waits for nobody (an open loop), with everything else running."""

import asyncio
import json
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from uuid import uuid4

import aiohttp

from deploy.demo.following import published_keys
from deploy.demo.house import House
from deploy.local.stack import Stack
from deploy.samples.desk import Desk
from deploy.samples.people import a_consent, a_content
from tests.bench.latency import shares, used_by
from tests.bench.rows import Row, percentiles

PACES, SECONDS, WARMING_UP = (50, 100), 40, 10
STATION, PATIENCE = "PN-31-0001", 30.0
EVENT = {
    "content-type": "application/json",
    "ce-specversion": "1.0",
    "ce-source": f"/stations/police/{STATION}",
    "ce-type": "station.report-submitted.v1",
}


def measure(stack: Stack, say: Callable[[str], None]) -> list[Row]:
    """At each pace: sealed reports, and beside them a door of the same service that does nothing."""
    house = House(stack)
    house.open()
    try:
        return [row for pace in PACES for row in _at_pace(house, pace, say)]
    finally:
        house.close()


def _at_pace(house: House, pace: int, say: Callable[[str], None]) -> Iterator[Row]:
    say(f"HTTPS door at {pace}/s: an empty answer")
    floor = percentiles(asyncio.run(_run(house, pace, None)))
    say(f"HTTPS door at {pace}/s: reports")
    bodies = _bodies(house, pace)
    before = used_by(house)
    taken = asyncio.run(_run(house, pace, bodies))
    ours = percentiles(taken)
    cores = shares(before, used_by(house))
    goal = "≤ 80 ms" if pace == PACES[0] else ""
    for p in (50, 95, 99):
        what = f"HTTPS door at {pace}/s, p{p}"
        yield Row(what, f"{floor[p]:.0f} ms", f"{ours[p]:.0f} ms", f"{ours[p] / floor[p]:.1f}", goal if p == 99 else "")
    yield Row(f"cores used at {pace}/s by HTTPS", "", cores, "", "")
    yield Row(f"put off (503) at {pace}/s", "", f"{pace * SECONDS - len(taken)} of {pace * SECONDS}", "", "")


def _bodies(house: House, pace: int) -> list[bytes]:
    """Reports, sealed before the clock runs: a station has time for that."""
    desk = Desk(published_keys(house), uuid4(), datetime.now(UTC))
    contents = (a_content(n, desk.now, a_consent("given")) for n in range(pace * (SECONDS + WARMING_UP)))
    return [json.dumps(desk.clear(f"r{n}", STATION, desk.seal(each))).encode() for n, each in enumerate(contents)]


async def _run(house: House, pace: int, bodies: Sequence[bytes] | None) -> list[float]:
    """Seconds from when each request was due to when it was answered; one that was put off (503) is none of them."""
    address, headers = house.address("intake"), {"authorization": f"Bearer {house.token('police')}"}

    async def ask(n: int) -> None:
        if bodies is None:
            asking = client.get(f"{address}/livez")
        else:
            event = headers | EVENT | {"ce-id": str(uuid4())}
            asking = client.post(f"{address}/v1/reports", data=bodies[n], headers=event)
        async with asking as answer:
            await answer.read()
        if answer.status not in (200, 201, 503):
            raise RuntimeError(f"The door answers {answer.status}")
        if answer.status != 503:
            answered[n] = time.perf_counter()

    due, answered, asked = dict[int, float](), dict[int, float](), list[asyncio.Task[None]]()
    patience, connector = aiohttp.ClientTimeout(PATIENCE), aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector, timeout=patience) as client:
        start = time.perf_counter() + 0.5
        for n in range(pace * (SECONDS + WARMING_UP)):
            due[n] = start + n / pace
            await asyncio.sleep(due[n] - time.perf_counter())
            asked.append(asyncio.create_task(ask(n)))
        await asyncio.gather(*asked)
    return [answered[n] - due[n] for n in list(due)[pace * WARMING_UP :] if n in answered]
