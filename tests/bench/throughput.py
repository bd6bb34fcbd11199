"""The engine beside a bare loop that does the same work: whole processes in turn, on fresh topics and databases."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable
from statistics import median

from cli.topics import make_topics
from deploy.local.stack import Stack
from shared.contracts.topics import RELAIS_TOPICS
from shared.settings import ServerSettings
from tests.bench.load import RECORDS, prefill
from tests.bench.rows import Row

ROUNDS = 5
CONTENDERS = ("floor", "engine")


def measure(stack: Stack, say: Callable[[str], None]) -> list[Row]:
    """Both contenders five times, in turn."""
    seconds = {contender: list[float]() for contender in CONTENDERS}
    for n in range(ROUNDS):
        for contender in CONTENDERS:
            say(f"Throughput, round {n + 1} of {ROUNDS}: {contender}")
            seconds[contender].append(_one(stack, contender, n))
    pairs = [floor / engine for floor, engine in zip(seconds["floor"], seconds["engine"], strict=True)]
    ratio = f"{median(pairs):.2f} ({min(pairs):.2f} to {max(pairs):.2f})"
    return [Row("engine, events/s", _rates(seconds["floor"]), _rates(seconds["engine"]), ratio, "≥ 0.8")]


def _one(stack: Stack, contender: str, n: int) -> float:
    """Seconds in which one contender, as a process of its own, does all the work."""
    namespace = f"bench{n}{contender}"
    settings = {**stack.settings(), "RELAIS_NAMESPACE": namespace, "RELAIS_ISSUER": "http://127.0.0.1:1"}
    os.environ.update(settings)
    asyncio.run(_prepare(settings["RELAIS_KAFKA"], namespace))
    command = [sys.executable, "-m", f"tests.bench.{contender}"]
    ran = subprocess.run(command, env=os.environ, check=True, capture_output=True, text=True, timeout=300)  # noqa: S603
    return float(ran.stdout.strip().splitlines()[-1])


async def _prepare(kafka: str, namespace: str) -> None:
    await make_topics(ServerSettings(), RELAIS_TOPICS)
    await prefill(kafka, f"{namespace}.relais.intake")


def _rates(seconds: list[float]) -> str:
    rates = sorted(RECORDS / each for each in seconds)
    return f"{median(rates):.0f} ({rates[0]:.0f} to {rates[-1]:.0f})"
