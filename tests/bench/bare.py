"""Floors as processes of their own, on topics of their own, with one key pair that stations seal to."""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from joserfc.jwk import ECKey, KeySetSerialization

from cli.topics import make_topics
from deploy.local.stack import Stack
from shared.contracts.topics import RELAIS_CASES, RELAIS_INTAKE, station_receipts, station_reports
from shared.settings import ServerSettings

NAMESPACE, INTEGRATORS = "bare", ("police", "gendarmerie")
STARTING_SECONDS = 5.0


class Floors(NamedTuple):
    """Running floors: the public key that stations seal to, and their pids in order."""

    keys: KeySetSerialization
    pids: Sequence[int]


@contextmanager
def floors(stack: Stack, modules: Sequence[Sequence[str]]) -> Iterator[Floors]:
    """Run these modules with their arguments, and end them."""
    key = ECKey.generate_key("P-256", {"use": "enc", "kid": "bare"})
    own = {"RELAIS_NAMESPACE": NAMESPACE, "BARE_KEY": json.dumps(key.as_dict(private=True))}
    environment = {**os.environ, **stack.settings(), **own}
    asyncio.run(_make_topics(stack.settings()["RELAIS_KAFKA"]))
    commands = [[sys.executable, "-m", *module] for module in modules]
    running = [subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) for command in commands]  # noqa: S603
    time.sleep(STARTING_SECONDS)
    try:
        yield Floors({"keys": [key.as_dict(private=False)]}, [each.pid for each in running])
    finally:
        for process in running:
            process.terminate()
            process.wait()


async def _make_topics(kafka: str) -> None:
    stations = [topic(each) for each in INTEGRATORS for topic in (station_reports, station_receipts)]
    settings = ServerSettings.model_validate({"kafka": kafka, "mongo": "mongodb://unused", "namespace": NAMESPACE})
    await make_topics(settings, [*stations, RELAIS_INTAKE, RELAIS_CASES])
