"""`python -m tests.bench [throughput] [intake] …`: what is named, side by side with its floor; all without a name."""

import logging
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Annotated

import typer
from rich.console import Console

from deploy.local.passing import passing_stack
from deploy.local.stack import Stack
from tests.bench import (
    door,
    idle,
    importing,
    intake,
    kit,
    latency,
    log,
    memory,
    notices,
    referral,
    scale,
    throughput,
    year,
)
from tests.bench.rows import Row, table

Measure = Callable[[Stack, Callable[[str], None]], list[Row]]
MEASURES: Mapping[str, Measure] = {
    "throughput": throughput.measure,
    "intake": intake.measure,
    "latency": latency.measure,
    "idle": idle.measure,
    "import": importing.measure,
    "kit": kit.measure,
    "door": door.measure,
    "memory": memory.measure,
    "referral": referral.measure,
    "scale": scale.measure,
    "log": log.measure,
    "notices": notices.measure,
    "year": year.measure,
}

SAID_EVERY = 10.0

console = Console()


def bench(
    names: Annotated[list[str] | None, typer.Argument(help=", ".join(MEASURES))] = None,
    reports: Annotated[int, typer.Option(help="How many reports `year` sends.")] = year.REPORTS,
    rounds: Annotated[int, typer.Option(help="How often `year` sends them: each round once the last has ended.")] = 1,
) -> None:
    """Measure, and print one table, also of what was measured before a failure. Each measure starts its own servers."""
    if unknown := set(names or ()) - MEASURES.keys():
        raise typer.BadParameter(f"{', '.join(sorted(unknown))}: there are {', '.join(MEASURES)}")
    # A fresh topic has no leader for a moment, and aiokafka tells every try.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    measures: Mapping[str, Measure] = {**MEASURES, "year": partial(year.measure, reports=reports, rounds=rounds)}
    rows: list[Row] = []
    try:
        with console.status("Starting servers") as status:
            for name in names or MEASURES:
                with passing_stack({}) as stack:
                    stack.start()
                    rows += measures[name](stack, status.update if console.is_terminal else _now_and_then())
    finally:
        console.print(table(rows))


def _now_and_then() -> Callable[[str], None]:
    """Print how far it is, where no line can be written over: one in ten seconds."""
    last = float("-inf")

    def say(what: str) -> None:
        nonlocal last
        if time.monotonic() > last + SAID_EVERY:
            last = time.monotonic()
            console.print(what)

    return say


if __name__ == "__main__":
    typer.run(bench)
