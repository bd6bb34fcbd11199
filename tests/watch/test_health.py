import asyncio
from collections.abc import Mapping
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from pymongo import AsyncMongoClient
from pymongo.errors import ServerSelectionTimeoutError

from shared.watch.health import Check, Health, Pulse, database_answers, health_router


async def holds() -> bool:
    return True


async def does_not_hold() -> bool:
    return False


async def raises() -> bool:
    raise ValueError("Zoé Lacanary")


async def hangs() -> bool:
    await asyncio.sleep(60)
    return True


WHO = {"service": "intake", "instance": "intake-1", "start_id": "a1"}


async def asked(path: str, ready: Mapping[str, Check]) -> httpx.Response:
    app = FastAPI()
    app.include_router(health_router(Health(ready, timeout=0.05, who=WHO)))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://service") as client:
        return await client.get(path)


async def test_a_service_is_ready_when_every_check_holds() -> None:
    answer = await asked("/readyz", {"database": holds, "consuming": holds})
    assert answer.status_code == 200
    assert answer.json() == {"status": "ready", "checks": {"database": "ok", "consuming": "ok"}, **WHO}


@pytest.mark.parametrize(("check", "finding"), [(does_not_hold, "failed"), (raises, "failed"), (hangs, "timeout")])
async def test_the_answer_names_the_check_that_says_no(check: Check, finding: str) -> None:
    answer = await asked("/readyz", {"database": check, "consuming": holds})
    assert answer.status_code == 503
    assert answer.json() == {"status": "not-ready", "checks": {"database": finding, "consuming": "ok"}, **WHO}


async def test_a_service_lives_whatever_its_servers_do() -> None:
    answer = await asked("/livez", {"database": hangs, "consuming": raises})
    assert (answer.status_code, answer.json()) == (200, {"status": "alive"})


async def test_checks_run_side_by_side_so_that_a_probe_is_answered_in_time() -> None:
    async with asyncio.timeout(1):
        answer = await asked("/readyz", {str(n): hangs for n in range(50)})
    assert set(answer.json()["checks"].values()) == {"timeout"}


async def test_a_pulse_is_young_only_for_a_while_after_a_beat() -> None:
    now = [0.0]
    pulse = Pulse(oldest=30, clock=lambda: now[0])
    assert not await pulse.is_young()
    pulse.beat()
    now[0] = 30.0
    assert await pulse.is_young()
    now[0] = 30.1
    assert not await pulse.is_young()


class DatabaseThatIsAway:
    async def command(self, command: str, /) -> Mapping[str, Any]:
        raise ServerSelectionTimeoutError(command)


class DatabaseThatAnswers:
    async def command(self, command: str, /) -> Mapping[str, Any]:
        return {"ok": 1.0 if command == "ping" else 0.0}


def a_database(client: AsyncMongoClient[dict[str, Any]]) -> Check:
    return database_answers(client["intake"])  # never run: mypy holds the protocol against PyMongo's own type


async def test_a_database_that_answers_makes_a_service_ready() -> None:
    assert await Health({"database": database_answers(DatabaseThatAnswers())}).findings() == {"database": "ok"}


async def test_a_database_that_is_away_makes_a_service_unready() -> None:
    assert await Health({"database": database_answers(DatabaseThatIsAway())}).findings() == {"database": "failed"}
