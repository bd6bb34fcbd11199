"""`python -m tests.bench`: floor and engine in turn, on servers of their own; medians, ranges and the ratio."""

import asyncio
import logging
import os
import subprocess
import sys
from statistics import median

from rich.console import Console
from rich.table import Table

from cli.topics import make_topics
from deploy.local.passing import passing_stack
from deploy.local.stack import Stack
from shared.contracts.topics import RELAIS_TOPICS
from shared.settings import ServerSettings
from tests.bench.load import RECORDS, prefill

ROUNDS = 5
CONTENDERS = ("floor", "engine")


def measure(stack: Stack, contender: str, n: int) -> float:
    """Seconds in which one contender, as a process of its own, does all the work on fresh topics and databases."""
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


def main() -> None:
    # A fresh topic has no leader for a moment, and aiokafka tells every try.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    console, seconds = Console(), {contender: list[float]() for contender in CONTENDERS}
    with passing_stack({}) as stack, console.status("Starting servers") as status:
        stack.start()
        for n in range(ROUNDS):
            for contender in CONTENDERS:
                status.update(f"Round {n + 1} of {ROUNDS}: {contender}")
                seconds[contender].append(measure(stack, contender, n))
    table = Table("", "events/s, median", "range", "of the floor, pair by pair")
    pairs = [floor / engine for floor, engine in zip(seconds["floor"], seconds["engine"], strict=True)]
    for contender, found in seconds.items():
        rates = sorted(RECORDS / each for each in found)
        ratio = f"{median(pairs):.2f} ({min(pairs):.2f} to {max(pairs):.2f})" if contender == "engine" else "1"
        table.add_row(contender, f"{median(rates):.0f}", f"{rates[0]:.0f} to {rates[-1]:.0f}", ratio)
    console.print(table)


if __name__ == "__main__":
    main()
