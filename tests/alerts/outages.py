"""Each service and each server is killed, and each periodic job fails: which alert tells of it, and how soon.

What is scraped of those that live is handed to promtool; nothing else is known of who died. Where a limit is minutes,
rows are made older instead of waiting, and the time is counted.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from itertools import chain, zip_longest
from pathlib import Path
from time import monotonic
from typing import Any, TypeVar

import httpx
import pytest
from pymongo.asynchronous.database import AsyncDatabase

from deploy.local.server import Server
from deploy.observability.documents import OUTAGES
from services.audit.domain.following import ACCEPTED, EXPECTATIONS, OWED
from shared.contracts.events import IscgAssigned, ReportAccepted
from shared.watch.metrics import TASKS
from tests.alerts.sabotaged import ROW, SabotagedService
from tests.alerts.timeline import Samples, Timeline, promtool, samples_of
from tests.flow.house import House

PATIENCE = 90.0
NOTICE_LIMIT, A_YEAR = 300, 365 * 24 * 3600.0
LIMITS = {each.what: each.within.total_seconds() for each in EXPECTATIONS}
UNFOLLOWED = {
    "referral": (LIMITS[ACCEPTED], ReportAccepted.type),
    "notification": (LIMITS[OWED], IscgAssigned.type),
}
"""By service that is away: after how long audit tells of it, and on which line nothing follows then."""
TOLD_BY = {"smtp": "GN-31-0412", "sms": "GN-09-0101"}
"""Stations whose ISCGs are told by the one, and by the other."""
Database = AsyncDatabase[dict[str, Any]]
Fires = Callable[[Timeline], str]
T = TypeVar("T")


async def until(is_so: Callable[[], Awaitable[T | None]]) -> T:
    """Ask again and again, until the answer is yes; neither a database nor a scrape tells by itself."""
    async with asyncio.timeout(PATIENCE):
        while True:
            if answer := await is_so():
                return answer
            await asyncio.sleep(0.3)


async def scrape(house: House, name: str) -> Samples | None:
    """The samples of a service; `None` where it does not answer."""
    try:
        answer = await house.client.get(house.services[name].metrics_address, timeout=5)
    except httpx.HTTPError:
        return None
    return samples_of(answer.text, name)


async def at_rest(house: House) -> dict[str, Samples]:
    """The samples of every service, once nothing fails, lags or waits."""

    async def all_calm() -> dict[str, Samples] | None:
        found = {name: samples for name in house.services if (samples := await scrape(house, name))}
        return found if len(found) == len(house.services) and not any(map(is_troubled, found.values())) else None

    return await until(all_calm)


def is_troubled(samples: Samples) -> bool:
    """Whether something fails, lags or waits."""
    troubles = ("relais_task_failing_seconds", "relais_group_lag_records", "relais_unfollowed", "relais_notices_oldest")
    return any(value > 0 for (name, _), value in samples.items() if name.startswith(troubles))


async def told(house: House, before: dict[str, Samples], fires: Iterable[Fires], **more: Any) -> None:
    """Wait until each of these alerts fires by what can be scraped."""
    began, left, said = monotonic(), list(fires), ["nothing was scraped"]
    while left and monotonic() - began < PATIENCE:
        after = {name: await scrape(house, name) for name in house.services}
        timeline = Timeline(before, after, monotonic() - began, **more)
        said = [each(timeline) for each in left]
        left = [each for each, answer in zip(left, said, strict=True) if answer]
        await asyncio.sleep(1 if left else 0)
    assert not left, said


def all_of(alerts: Mapping[str, int], folder: Path, **which: str) -> list[Fires]:
    """Whether each of these alerts fires within so many seconds."""
    return [partial(_fires, alert=alert, within=within, folder=folder, which=which) for alert, within in alerts.items()]


def _fires(timeline: Timeline, alert: str, within: int, folder: Path, which: Mapping[str, str]) -> str:
    return timeline.fires(alert, within, folder, which)


def database(house: House, service: str) -> Database:
    found: Database = house.mongo[f"{house.namespace}_{service}"]
    return found


async def age(rows: Any, member: str, seconds: float) -> int:
    """Make all rows of a collection older; how many those are."""
    older = {"$subtract": [f"${member}", round(seconds * 1000)]}
    return int((await rows.update_many({member: {"$exists": True}}, [{"$set": {member: older}}])).modified_count)


async def logged(house: House, report_id: str, type_: str) -> None:
    """Wait until the log has a line of this type about a report's case, and has noted its size after that."""
    entries, sizes = database(house, "audit")["entries"], database(house, "audit")["sizes"]
    accepted = await until(lambda: entries.find_one({"type": "report.accepted.v1", "refs": report_id}))
    line = await until(lambda: entries.find_one({"type": type_, "refs": {"$in": accepted["refs"]}}))
    await until(lambda: sizes.find_one({"size": {"$gt": line["_id"]}}))


@asynccontextmanager
async def away(server: Server) -> AsyncIterator[None]:
    """A server or service is killed, and started again at the end."""
    await asyncio.to_thread(server.kill)
    try:
        yield
    finally:
        await asyncio.to_thread(server.start)


async def test_a_house_at_rest_raises_no_alert(house: House, tmp_path: Path) -> None:
    await house.send(await house.a_sample("at-rest", urgency="immediate"))
    calm = await at_rest(house)
    assert Timeline(calm, calm, 0).is_quiet(tmp_path) == ""


async def test_promtool_finds_no_fault_in_what_each_service_exports(house: House) -> None:
    for service in house.services.values():
        text = (await house.client.get(service.metrics_address)).text
        status, said = promtool("check", "metrics", stdin=text)
        assert status == 0, said


async def test_every_job_of_every_service_is_in_the_list_of_jobs(house: House) -> None:
    named = set[str]().union(*map(tasks_of, (await at_rest(house)).values()))
    assert named == set(TASKS) - {"ask-witnesses"}


async def test_every_service_says_whether_its_jobs_are_done(house: House) -> None:
    for service in house.services.values():
        ready = await house.client.get(f"{service.address}/readyz")
        assert ready.json()["checks"]["tasks"] == "ok"


def tasks_of(samples: Samples) -> set[str]:
    """The periodic jobs of a service."""
    return {dict(labels)["task"] for name, labels in samples if name == "relais_task_failures_total"}


@pytest.mark.parametrize("name", OUTAGES["services"])
async def test_those_that_live_tell_of_a_service_that_is_killed(house: House, name: str, tmp_path: Path) -> None:
    alerts, (skipped, owed) = OUTAGES["services"][name], UNFOLLOWED.get(name, (0.0, ""))
    before, sample = await at_rest(house), await house.a_sample(f"{name}-dies", urgency="immediate")
    async with away(house.services[name]):
        await house.send(sample)
        if owed:
            await logged(house, sample.key.decode(), owed)
            await age(database(house, "audit")["sizes"], "at", skipped)
        await told(house, before, all_of(alerts, tmp_path), skipped=skipped)


@pytest.mark.parametrize("name", ["kafka", "mongo"])
async def test_every_service_tells_of_a_server_that_is_killed(house: House, name: str, tmp_path: Path) -> None:
    before = await at_rest(house)
    async with away(getattr(house.stack, name)):
        await told(house, before, all_of(OUTAGES["servers"][name], tmp_path))


@pytest.mark.parametrize("name", ["smtp", "sms"])
async def test_notices_that_are_owed_tell_of_a_provider_that_is_killed(house: House, name: str, tmp_path: Path) -> None:
    before, notices = await at_rest(house), database(house, "notification")["notices"]
    async with away(getattr(house.stack, name)):
        await house.send(await house.a_sample(f"{name}-dies", station=TOLD_BY[name], urgency="immediate"))
        await until(lambda: notices.find_one({"due_at": {"$exists": True}, "attempts": {"$gt": 0}}))
        await age(notices, "owed_at", NOTICE_LIMIT)
        await told(house, before, all_of(OUTAGES["servers"][name], tmp_path), skipped=NOTICE_LIMIT)


async def test_each_service_tells_of_each_of_its_jobs_that_fails(house: House, tmp_path: Path) -> None:
    before = await at_rest(house)
    for tasks in zip_longest(*(sorted(tasks_of(before[name])) for name in house.services)):
        # One of each service at a time: none of them knows of the others.
        broken = {name: task for name, task in zip(house.services, tasks, strict=True) if task}
        for name, task in broken.items():
            break_job(house, name, task)
        alerts = [all_of(OUTAGES["job"], tmp_path, task=task, service=name) for name, task in broken.items()]
        await told(house, before, chain(*alerts))
    for name in house.services:
        break_job(house, name)


def break_job(house: House, name: str, *tasks: str) -> None:
    """Let these jobs of a service fail, and no others."""
    service = house.services[name]
    assert isinstance(service, SabotagedService)
    service.break_job(*tasks)


async def test_a_deadline_that_fails_each_time_is_told_by_itself(house: House, tmp_path: Path) -> None:
    """Once is waited for; it is tried again when its lease has lapsed."""
    task = "claim-deadlines"
    before = await at_rest(house)
    break_job(house, "referral", f"{ROW}{task}")
    try:
        await until(lambda: age(database(house, "referral")["deadlines"], "due_at", A_YEAR))
        fires = all_of(OUTAGES["row"], tmp_path, task=task)
        await told(house, before, fires, growing="relais_task_item_failures_total")
    finally:
        break_job(house, "referral")
