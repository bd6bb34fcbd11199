"""`relais doctor`: whether what the log says still holds after a restore, and whether Kafka keeps enough copies."""

from typing import Annotated

import typer
from rich.progress import Progress

from cli.running import run
from cli.tables import build_console, build_table
from cli.topics import OFFSETS, look_at_copies
from services.audit import commands as audit
from services.intake import commands as intake
from services.referral import commands as referral
from services.referral.settings import ReferralSettings
from shared.contracts.topics import topics_of
from shared.settings import read_settings_or_exit

Repair = Annotated[bool, typer.Option("--repair", help="Erase again whatever the log says is erased")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask")]

console = build_console()


def doctor(repair: Repair = False, yes: Yes = False) -> None:
    """Find erasures that a restored backup has undone, and repeat them; show how many copies Kafka keeps.

    Ends with 1 where erasures are left, or where Kafka keeps fewer copies than are asked for.

    Example: relais doctor --repair
    """
    settings = read_settings_or_exit(ReferralSettings, "relais doctor")
    left = _look_at_erasures(settings, repair=repair, yes=yes)
    enough = _look_at_copies(settings)
    if left or not enough:
        raise typer.Exit(1)


def _look_at_erasures(settings: ReferralSettings, *, repair: bool, yes: bool) -> int:
    """Returns how many erasures are left undone."""
    with console.status("Reading the log"):
        erased = run(audit.erased_cases(settings))
    left = run(referral.undone_erasures(settings, erased))
    table = build_table("what", "by the log", "undone")
    table.add_row("erased cases", str(len(erased)), str(len(left)))
    console.print(table)
    if not left:
        return 0
    if not repair:
        console.print("These people can be read again: relais doctor --repair erases them anew.")
        return len(left)
    if not yes:
        typer.confirm(f"Erase these {len(left)} cases again, for ever?", abort=True)
    with Progress(console=console, transient=True) as bar:
        task = bar.add_task("erasing", total=len(left))
        run(referral.repeat_erasures(settings, left, lambda: bar.advance(task)))
    console.print(f"{len(left)} cases are erased again.")
    return 0


def _look_at_copies(settings: ReferralSettings) -> bool:
    """Returns whether Kafka keeps as many copies as are asked for."""
    topics = topics_of(run(intake.integrators(settings)))
    wished, found = run(look_at_copies(settings, topics))
    table = build_table("topic", "copies", "in step", "must be in step")
    for each in found:
        table.add_row(each.topic, str(each.copies), str(each.in_step), str(each.must_be_in_step))
    console.print(table)
    ours = [each for each in found if each.topic != OFFSETS]
    enough = all(each.copies >= wished.copies and each.must_be_in_step >= wished.in_step for each in ours)
    if not enough:
        console.print(f"{wished.copies} copies are asked for, {wished.in_step} in step: relais migrate raises them.")
    elif any(each.in_step < each.copies for each in found):
        console.print("A broker is away, or has not caught up yet: see docs/runbooks/servers-away.md.")
    if any(each.copies < wished.copies for each in found if each.topic == OFFSETS):
        console.print(f"{OFFSETS} is Kafka's own: raise it with kafka-reassign-partitions.")
    return enough
