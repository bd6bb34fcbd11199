"""`python -m deploy.local up|down|clean|status`: the local stack by hand."""

import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from deploy.local import STATE
from deploy.local.process import Process
from deploy.local.server import Startable
from deploy.local.software import Say
from deploy.local.stack import Stack, is_server, outside_servers
from deploy.local.trouble import StackTrouble

console = Console(highlight=False)
app = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__)


Cluster = Annotated[bool, typer.Option("--cluster", help="Three brokers and three members of a replica set")]


@app.command()
def up(cluster: Cluster = False) -> None:
    """Start Kafka, MongoDB and a mail server, and return when they do their work."""
    started = time.monotonic()
    with a_stack(cluster or None) as stack:
        stack.start()
        console.print(_table(stack), f"Up in {time.monotonic() - started:.1f} s. Settings: {STATE / 'stack.env'}")


@app.command()
def down() -> None:
    """Stop every server and service; what they keep stays."""
    with a_stack() as stack:
        stack.stop()
        console.print("Stopped.")


@app.command()
def clean() -> None:
    """Stop everything and forget what it kept. What was downloaded stays."""
    with a_stack() as stack:
        stack.clean()
        console.print("Stopped, and all its data removed.")


@app.command()
def status() -> None:
    """Show what runs, and where. Exit code 1 unless all of it runs."""
    with a_stack() as stack:
        console.print(_table(stack))
        raise typer.Exit(0 if all(server.is_running() for server in stack.servers.values()) else 1)


@contextmanager
def a_stack(cluster: bool | None = None) -> Iterator[Stack]:
    """This checkout's stack, with its steps shown, and its troubles told in a sentence."""
    # aiokafka warns of every try while Kafka comes up.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    try:
        with console.status("") as line:
            yield Stack(say=_say_on(line.update), outside=outside_servers(os.environ), cluster=cluster)
    except StackTrouble as trouble:
        console.print(f"[red]{escape(str(trouble))}[/red]", soft_wrap=True)
        raise typer.Exit(1) from None


def _say_on(update: Say) -> Say:
    def say(what: str) -> None:
        update(what)
        if not console.is_terminal:
            console.print(what)

    return say


def _table(stack: Stack) -> Table:
    table = Table("setting", "address", "state", box=None)
    for setting, server in stack.servers.items():
        address = server.address if server.listens_on() else "-"
        table.add_row(setting, address, "; ".join(_state(process, server) for process in server.processes))
    for process in stack.started():
        if not is_server(process):
            table.add_row(process.name, "", f"runs, pid {process.pid()}" if process.pid() else "[red]has ended[/red]")
    for setting in stack.outside:
        table.add_row(setting, "set by you", "not ours to start")
    return table


def _state(process: Process, server: Startable) -> str:
    pid, which = process.pid(), f"{process.name} " if process.name != server.name else ""
    return f"{which}[green]runs[/green], pid {pid}" if pid else f"{which}[red]does not run[/red]"


if __name__ == "__main__":
    app()
