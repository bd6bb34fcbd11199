"""Readers that fail, poison, withdrawals in bursts, services and servers killed: nothing is lost, twice, or stuck."""

import asyncio
import os
from collections.abc import AsyncIterator

import pytest

from deploy.local.passing import passing_stack
from shared.delivery.opening import connect
from tests.conftest import RUN
from tests.delivery.hits import HITS
from tests.flow.campaign import Campaign, settings_of
from tests.flow.conftest import a_house
from tests.flow.failing_reader import FailingReader
from tests.flow.house import PATIENCE
from tests.flow.storm import Storm, come_to_rest, count_failures, numbers, servers_of

EXPOSURES = int(os.environ.get("RELAIS_EXPOSURES", "1"))
KILLS = 3 * EXPOSURES
"""How many services are killed; each server a third as often. `make torture` asks for sixty, on both kinds of house."""
HOUSES = ("one node", "three nodes") if EXPOSURES > 1 else ("one node",)


@pytest.fixture(params=HOUSES)
async def storm(request: pytest.FixtureRequest) -> AsyncIterator[Storm]:
    with passing_stack({}, cluster=request.param == "three nodes") as stack:
        stack.start()
        async with (
            connect(settings_of(stack), "test-storm") as mongo,
            a_house(stack, mongo, f"{RUN}storm", FailingReader) as house,
        ):
            yield Storm(Campaign(house), await house.published(), servers_of(stack))


NOTICED = ("relais_read_gaps_total", "relais_set_aside_undecided")
"""Each has a rule in `deploy/observability/alerts.yml`: what was passed over, and what may be a lost person."""


async def seen(storm: Storm) -> bool:
    """Whether intake counts what its client has skipped, and what was poisoned."""
    found = await numbers(storm.campaign, "intake")
    return all(found.get(name, 0.0) > 0 for name in NOTICED)


async def test_a_storm_loses_nobody_tells_nothing_twice_and_leaves_nothing_stuck(storm: Storm) -> None:
    async with storm.rain():
        for n in range(KILLS):
            await storm.kill_a_service()
            if n % 3 == 2:
                for name in storm.servers:
                    await storm.kill_a_server(name)
        async with asyncio.timeout(PATIENCE):
            while not await seen(storm):  # noqa: ASYNC110 # a metric tells nobody
                await asyncio.sleep(0.5)
    HITS["seconds until no lag"] += round(await come_to_rest(storm.campaign))
    await storm.campaign.check()
    HITS["clients that failed"] += count_failures(storm.campaign)
    HITS["records acknowledged"] += len(storm.campaign.acknowledged)
    assert HITS["clients that failed"] > 0
