"""`python -m tests.bench [throughput] [intake] …`: what is named, side by side with its floor; all without a name."""

import logging
from collections.abc import Callable, Mapping
from functools import partial
from typing import Annotated

import typer
from rich.console import Console

from deploy.local.passing import passing_stack
from deploy.local.stack import Stack
from tests.bench import door, idle, intake, kit, latency, log, memory, notices, referral, scale, throughput, year
from tests.bench.rows import Row, table

Measure = Callable[[Stack, Callable[[str], None]], list[Row]]
MEASURES: Mapping[str, Measure] = {
    "throughput": throughput.measure,
    "intake": intake.measure,
    "latency": latency.measure,
    "idle": idle.measure,
    "kit": kit.measure,
    "door": door.measure,
    "memory": memory.measure,
    "referral": referral.measure,
    "scale": scale.measure,
    "log": log.measure,
    "notices": notices.measure,
    "year": year.measure,
}

console = Console()


def bench(
    names: Annotated[list[str] | None, typer.Argument(help=", ".join(MEASURES))] = None,
    reports: Annotated[int, typer.Option(help="How many reports `year` sends.")] = year.REPORTS,
) -> None:
    """Measure, and print one table, also of what was measured before a failure. Each measure starts its own servers."""
    if unknown := set(names or ()) - MEASURES.keys():
        raise typer.BadParameter(f"{', '.join(sorted(unknown))}: there are {', '.join(MEASURES)}")
    # A fresh topic has no leader for a moment, and aiokafka tells every try.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    measures: Mapping[str, Measure] = {**MEASURES, "year": partial(year.measure, reports=reports)}
    rows: list[Row] = []
    try:
        with console.status("Starting servers") as status:
            for name in names or MEASURES:
                with passing_stack({}) as stack:
                    stack.start()
                    rows += measures[name](stack, status.update)
    finally:
        console.print(table(rows))


if __name__ == "__main__":
    typer.run(bench)
