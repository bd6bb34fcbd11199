"""Floors as processes of their own, on topics of their own, with one key pair that stations seal to."""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from joserfc.jwk import ECKey, KeySetSerialization

from cli.topics import make_topics
from deploy.local.stack import Stack
from shared.contracts.topics import RELAIS_CASES, RELAIS_INTAKE, station_receipts, station_reports
from shared.settings import ServerSettings

NAMESPACE, INTEGRATORS = "bare", ("police", "gendarmerie")
STARTING_SECONDS = 5.0


@contextmanager
def floors(stack: Stack, modules: Sequence[Sequence[str]]) -> Iterator[KeySetSerialization]:
    """Run these modules with their arguments, and end them. What is given is their public key."""
    key = ECKey.generate_key("P-256", {"use": "enc", "kid": "bare"})
    own = {"RELAIS_NAMESPACE": NAMESPACE, "BARE_KEY": json.dumps(key.as_dict(private=True))}
    environment = {**os.environ, **stack.settings(), **own}
    asyncio.run(_make_topics(stack.settings()["RELAIS_KAFKA"]))
    commands = [[sys.executable, "-m", *module] for module in modules]
    running = [subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) for command in commands]  # noqa: S603
    time.sleep(STARTING_SECONDS)
    try:
        yield {"keys": [key.as_dict(private=False)]}
    finally:
        for process in running:
            process.terminate()
            process.wait()


async def _make_topics(kafka: str) -> None:
    stations = [topic(each) for each in INTEGRATORS for topic in (station_reports, station_receipts)]
    settings = ServerSettings.model_validate({"kafka": kafka, "mongo": "mongodb://unused", "namespace": NAMESPACE})
    await make_topics(settings, [*stations, RELAIS_INTAKE, RELAIS_CASES])
