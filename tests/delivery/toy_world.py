"""The toy as a process on real servers: written to, killed, started again, and its whole history read back."""

import asyncio
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aiokafka import AIOKafkaProducer

from shared.delivery.record import Record
from shared.delivery.shelf import Database
from tests.delivery.history import Said, read_all
from tests.delivery.toy import TOPIC

OUT = ("relais.cases", "relais.standing")
PATIENCE = 60.0


@dataclass(frozen=True)
class ToyWorld:
    """Servers, settings and a producer around toys that come and go."""

    kafka: str
    namespace: str
    environment: Mapping[str, str]
    database: Database
    producer: AIOKafkaProducer

    async def publish(self, records: Sequence[Record]) -> None:
        """Put records on the toy's topic, in order, acknowledged."""
        for record in records:
            headers = [(name, value or b"") for name, value in record.headers]
            topic = f"{self.namespace}.{TOPIC}"
            await self.producer.send_and_wait(topic, record.value, record.key, headers=headers)

    async def start(self, instance: str = "toy", **settings: str) -> asyncio.subprocess.Process:
        """A toy, which may die as soon as it likes."""
        environment = {**os.environ, **self.environment, "RELAIS_INSTANCE": instance, **settings}
        return await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.delivery.toy_service", env=environment, stdout=asyncio.subprocess.PIPE
        )

    async def end(self, process: asyncio.subprocess.Process) -> None:
        """Ask a toy to end, and see that it does so in order."""
        assert process.stdout is not None
        async with asyncio.timeout(PATIENCE):
            # One that has just been started and is asked at once would die before it knows how to end.
            assert await process.stdout.readline()
            process.send_signal(signal.SIGTERM)
            assert await process.wait() == 0

    async def settle(self, reports: int) -> None:
        """Wait until so many reports are counted and nothing is left to send."""
        async with asyncio.timeout(PATIENCE):
            while True:
                if await self._is_settled(reports):
                    return
                await asyncio.sleep(0.1)

    async def history(self) -> list[Said]:
        """Everything that toys have said."""
        return await read_all(self.kafka, [f"{self.namespace}.{topic}" for topic in OUT])

    async def _is_settled(self, reports: int) -> bool:
        counted = sum([len(tally["reports"]) async for tally in self.database["tallies"].find()])
        return counted >= reports and not await self.database["unsent"].count_documents({})
