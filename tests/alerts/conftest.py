"""A house on servers of its own, any of which may be killed, and some of whose people are told by SMS alone."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from pymongo import AsyncMongoClient

from deploy.local.passing import passing_stack
from deploy.local.stack import Stack
from tests.alerts.sabotaged import SabotagedService
from tests.conftest import RUN
from tests.flow.conftest import a_house
from tests.flow.house import House
from tests.flow.people import write_samples

BY_SMS = {"channel": "sms", "value": "+33639980101"}


@pytest.fixture(scope="session")
async def own_stack() -> AsyncIterator[Stack]:
    """Servers that these tests may kill without harm to others."""
    with passing_stack({}) as stack:
        await asyncio.to_thread(stack.start)
        yield stack


@pytest.fixture(scope="session")
async def house(own_stack: Stack) -> AsyncIterator[House]:
    """Four services in which jobs can be broken."""
    async with (
        AsyncMongoClient[dict[str, Any]](own_stack.settings()["RELAIS_MONGO"], tz_aware=True, w="majority") as mongo,
        a_house(own_stack, mongo, f"{RUN}alerts", SabotagedService, samples_in(own_stack.folder / "samples")) as house,
    ):
        yield house


def samples_in(folder: Path) -> Path:
    """The samples, in which the people of département 09 have no mail."""
    roster = json.loads((write_samples(folder) / "roster.json").read_text("utf-8"))
    for post in roster["posts"]:
        if post["departement"] == "09" and post.get("iscg"):
            post["iscg"]["channels"] = [BY_SMS]
    (folder / "roster.json").write_text(json.dumps(roster), encoding="utf-8")
    return folder
