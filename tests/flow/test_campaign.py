"""The four services killed in the middle of mixed records: then topics, set-aside rows and log must agree."""

import os
from collections.abc import AsyncIterator, Iterator
from itertools import chain, islice
from typing import Any
from uuid import uuid4

import pytest
from pymongo import AsyncMongoClient

from deploy.local.stack import Stack
from deploy.samples.bad import bad_samples
from deploy.samples.desk import Sample
from deploy.samples.good import good_samples
from tests.conftest import RUN
from tests.flow.campaign import Campaign
from tests.flow.conftest import a_house

EXPOSURES = int(os.environ.get("RELAIS_EXPOSURES", "1"))
"""How often each point is hit; `make torture` asks for twenty."""
AT_ONCE, ROUNDS = 12, 1 + EXPOSURES
POINTS = {
    "in-transaction": ("intake", "referral", "notification"),
    "after-commit": ("referral", "notification", "intake"),
    "while-publishing": ("notification", "intake", "referral"),
    "before-offset-commit": ("intake", "referral", "notification"),
    "in-send": ("notification",),
}
"""Where each point is, in turn."""


@pytest.fixture(scope="module")
async def campaign(stack: Stack, mongo: AsyncMongoClient[dict[str, Any]]) -> AsyncIterator[Campaign]:
    async with a_house(stack, mongo, f"{RUN}fire") as house:
        yield Campaign(house)


@pytest.fixture(scope="module")
async def samples(campaign: Campaign) -> Iterator[Sample]:
    """Good and bad records in turn, each round with ids of its own."""
    desks = [await campaign.house.desk(uuid4()) for _ in range(ROUNDS)]
    pairs = (zip(good_samples(desk), bad_samples(desk), strict=False) for desk in desks)
    return chain.from_iterable(chain.from_iterable(pairs))


@pytest.mark.parametrize("exposure", range(EXPOSURES))
@pytest.mark.parametrize("point", POINTS)
async def test_a_service_killed_at_a_named_point_breaks_no_promise(
    campaign: Campaign, samples: Iterator[Sample], point: str, exposure: int
) -> None:
    services = POINTS[point]
    await campaign.kill_at(services[exposure % len(services)], point, [*islice(samples, AT_ONCE)])
    await campaign.check()


@pytest.mark.parametrize("exposure", range(EXPOSURES))
async def test_services_killed_at_random_break_no_promise(
    campaign: Campaign, samples: Iterator[Sample], exposure: int
) -> None:
    for name in campaign.house.services:
        await campaign.send([*islice(samples, AT_ONCE)])
        await campaign.kill(name)
    await campaign.check()
