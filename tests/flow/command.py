"""What somebody types at `relais`, and what it answers."""

import asyncio
import os
import sys

from tests.flow.house import House


async def type_(house: House, *words: str, **settings: str) -> tuple[int, str]:
    """What `relais` says, and with which status it ends."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "cli", *words),
        env={**os.environ, **house.environment, "COLUMNS": "240", **settings},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    return process.returncode or 0, said.decode()


async def type_at_door(house: House, service: str, who: str, *words: str) -> tuple[int, str]:
    """The same for a command that asks a service's door; `who` signs in."""
    token = (await house.token(who))["authorization"].removeprefix("Bearer ")
    address = house.services[service].address
    return await type_(house, *words, RELAIS_URL=address, RELAIS_TOKEN=token)
