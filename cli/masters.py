"""`relais masters`: the master keys that wrap every data key. A monthly rotation is what ends copies of erased keys."""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any

import typer
from rich.progress import Progress

from cli.running import run, stop
from cli.tables import AsJson, build_console, build_table
from shared.delivery.opening import connect, named
from shared.settings import MasterSettings, read_settings_or_exit
from shared.vault import COMPARTMENTS, MasterFiles, Rotated, UnusableMaster, Used, is_due, rotate, used_masters

Due = Annotated[bool, typer.Option("--due", help="Only those older than RELAIS_MASTER_DAYS: for a daily cron job")]

console = build_console()
app = typer.Typer(no_args_is_help=True, help="The master keys that wrap every data key: list, rotate.")


@app.command("list")
def list_masters(as_json: AsJson = False) -> None:
    """Show the masters in each file, since when they are used, and how many keys each wraps.

    Example: relais masters list --json
    """
    found = _run(_list(_settings("list")))
    if as_json:
        _print_json([{"compartment": of, **each._asdict()} for of, some in found.items() for each in some])
        return
    table = build_table("compartment", "master", "since", "keys")
    for of, some in found.items():
        for each in some:
            table.add_row(of, each.master, str(each.since or "before its first rotation"), str(each.keys))
    console.print(table)


@app.command("rotate")
def rotate_masters(due: Due = False, as_json: AsJson = False) -> None:
    """Wrap every data key by new masters, and destroy the old ones. Services go on; an interrupted one is ended.

    From then on no copy of an erased key opens: not in MongoDB's oplog, not in a backup.
    Copy the new files to where you keep the masters, destroy the old copies there, and back the vault up again.

    Example: relais masters rotate --due
    """
    with Progress(console=console, transient=True, disable=as_json) as bar:
        done = _run(_rotate(_settings("rotate"), bar, due=due))
    if as_json:
        _print_json([each._asdict() for each in done])
        return
    table = build_table("compartment", "master", "keys", "destroyed")
    for each in done:
        table.add_row(each.compartment, each.master, str(each.rewrapped), ", ".join(each.destroyed))
    console.print(table if done else "No master is due.")


async def _list(settings: MasterSettings) -> Mapping[str, list[Used]]:
    async with connect(settings, "relais-masters") as client:
        database, files = client[named(settings, "vault")], MasterFiles()
        return {of: await used_masters(database, files, of) for of in COMPARTMENTS}


async def _rotate(settings: MasterSettings, bar: Progress, *, due: bool) -> list[Rotated]:
    done, after, files = [], timedelta(days=settings.master_days), MasterFiles()
    # All files first: nothing is rotated where one of them can't be.
    files.read(COMPARTMENTS)
    async with connect(settings, "relais-masters") as client:
        database = client[named(settings, "vault")]
        for of in COMPARTMENTS:
            if due and not await is_due(database, files, of, after):
                continue
            task = bar.add_task(of, total=None)

            def tell(rewrapped: int, left: int, task: Any = task) -> None:
                bar.update(task, completed=rewrapped, total=rewrapped + left)

            done.append(await rotate(database, files, of, tell))
    return done


def _run(work: Any) -> Any:
    try:
        return run(work)
    except UnusableMaster as refusal:
        stop(str(refusal))


def _print_json(rows: list[dict[str, Any]]) -> None:
    print(json.dumps(rows, default=str))


def _settings(command: str) -> MasterSettings:
    return read_settings_or_exit(MasterSettings, f"relais masters {command}")
