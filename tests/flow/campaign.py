"""A house under fire: mixed records come in while its services are killed, and then its whole history is judged."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from deploy.local.services import Service
from deploy.local.stack import Stack
from deploy.samples.desk import Sample
from shared.settings import ServerSettings, read_settings
from tests.delivery.hits import HITS
from tests.flow.house import PATIENCE, House
from tests.flow.promises import Evidence, Place, breaches

SET_ASIDE_BY = ("intake", "referral", "notification")


@dataclass
class Campaign:
    """What was sent so far, and acknowledged."""

    house: House
    acknowledged: list[Place] = field(default_factory=list)

    async def send(self, samples: Sequence[Sample]) -> None:
        """Hand records over; each counts as soon as the broker has acknowledged it."""
        for sample in samples:
            done = await self.house.send(sample)
            self.acknowledged.append(Place(f"station.reports.{sample.integrator}", done.partition, done.offset))

    async def kill_at(self, name: str, point: str, samples: Sequence[Sample]) -> None:
        """Have one service die at a named point while records come in, and start it again."""
        healthy = self.house.services[name]
        await asyncio.to_thread(healthy.stop)
        doomed = type(healthy)(
            healthy.name,
            self.house.stack.folder,
            self.house.stack.ports,
            self.house.stack.say,
            settings={**healthy.settings, "RELAIS_CRASH_POINT": point},
        )
        doomed.launch()
        await self.send(samples)
        await _has_died(doomed)
        HITS[point] += 1
        await asyncio.to_thread(healthy.start)

    async def kill(self, name: str) -> None:
        """End one service in whatever it is doing, and start it again."""
        service = self.house.services[name]
        await asyncio.to_thread(service.process.kill)
        await asyncio.to_thread(service.start)

    async def check(self) -> None:
        """Wait until every promise is kept, and tell which are not where that does not come."""
        found = [*breaches(await self.evidence())]
        for _ in range(round(PATIENCE)):
            if not found:
                return
            await asyncio.sleep(1)
            found = [*breaches(await self.evidence())]
        assert found == []

    async def evidence(self) -> Evidence:
        """Everything as it stands now: topics, set-aside rows, lines of the log."""
        mongo, namespace = self.house.mongo, self.house.namespace
        rows = [
            row for name in SET_ASIDE_BY for row in await mongo[f"{namespace}_{name}"]["set_aside"].find().to_list()
        ]
        entries = await mongo[f"{namespace}_audit"]["entries"].find({}, {"leaf": True}).to_list()
        return Evidence(
            tuple(self.acknowledged),
            tuple(await self.house.history()),
            tuple((Place(**row["place"]), row["state"]) for row in rows),
            tuple(json.loads(entry["leaf"]) for entry in entries),
        )


def settings_of(stack: Stack) -> ServerSettings:
    """How a client of the services' own reaches the servers of a stack."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in stack.settings().items():
            patch.setenv(name, value)
        return read_settings(ServerSettings)


async def _has_died(doomed: Service) -> None:
    async with asyncio.timeout(PATIENCE):
        while doomed.process.is_running():  # noqa: ASYNC110
            await asyncio.sleep(0.1)
