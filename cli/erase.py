"""`relais erase`: forget the people of cases whose time is over. The running service does the same by itself."""

from typing import Annotated

import typer
from rich.progress import Progress

from cli.running import run
from cli.tables import build_console
from services.referral import commands as referral
from services.referral.settings import ReferralSettings
from shared.settings import read_settings_or_exit

DryRun = Annotated[bool, typer.Option("--dry-run", help="Count what is due, and erase nothing")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask")]

console = build_console()


def erase(dry_run: DryRun = False, yes: Yes = False) -> None:
    """Erase for ever the ended cases whose person was last met over RELAIS_KEEP_DAYS ago; none under a legal hold.

    Example: relais erase --dry-run
    """
    settings = read_settings_or_exit(ReferralSettings, "relais erase")
    due = run(referral.due_cases(settings))
    console.print(f"{due} ended cases are due: the last contact was over {settings.keep_days} days ago.")
    if dry_run or not due:
        return
    if not yes:
        typer.confirm(f"Erase these {due} cases for ever?", abort=True)
    with Progress(console=console, transient=True) as bar:
        task = bar.add_task("erasing", total=due)
        erased = run(referral.erase_due_cases(settings, lambda: bar.advance(task)))
    console.print(f"{erased} cases are erased; the log has a line for each.")
