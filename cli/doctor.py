"""`relais doctor`: whether what the log says still holds, after a backup was restored above all."""

from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from cli.running import run
from services.audit import commands as audit
from services.referral import commands as referral
from services.referral.settings import ReferralSettings
from shared.settings import read_settings_or_exit

Repair = Annotated[bool, typer.Option("--repair", help="Erase again whatever the log says is erased")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask")]

console = Console(highlight=False)


def doctor(repair: Repair = False, yes: Yes = False) -> None:
    """Find erasures that the log knows and a restored backup has undone; repeat them. Ends with 1 where some are left.

    Example: relais doctor --repair
    """
    settings = read_settings_or_exit(ReferralSettings, "relais doctor")
    with console.status("Reading the log"):
        erased = run(audit.erased_cases(settings))
    left = run(referral.undone_erasures(settings, erased))
    table = Table("what", "by the log", "undone", box=None)
    table.add_row("erased cases", str(len(erased)), str(len(left)))
    console.print(table)
    if not left:
        return
    if not repair:
        console.print("These people can be read again: relais doctor --repair erases them anew.")
        raise typer.Exit(1)
    if not yes:
        typer.confirm(f"Erase these {len(left)} cases again, for ever?", abort=True)
    with Progress(console=console, transient=True) as bar:
        task = bar.add_task("erasing", total=len(left))
        run(referral.repeat_erasures(settings, left, lambda: bar.advance(task)))
    console.print(f"{len(left)} cases are erased again.")
