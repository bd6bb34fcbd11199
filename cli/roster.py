"""`relais roster`, `relais coverage`: who works where. A file says it whole; what changes is shown before."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from cli.running import ENDS, Closing, check_ended, refuse, run, stop
from cli.tables import AsJson, build_console, build_table
from services.referral import commands as referral
from services.referral.acts.posts import NoSuchPost, UnusablePost
from services.referral.roster_file import UnusableRoster, read_roster_file
from services.referral.settings import ReferralSettings
from shared.contracts.vocabulary import RosterReason
from shared.settings import read_settings_or_exit

File = Annotated[Path, typer.Argument(help="YAML or JSON, or CSV with one presence a line: see docs/roster.md")]
Reason = Annotated[RosterReason, typer.Option(help="Why; the log keeps it")]
By = Annotated[str, typer.Option(help="Who you are at the issuer; the log keeps it as an opaque id")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would change, and change nothing")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask")]
On = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The day to look at; today if left out")]
Since = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="An earlier day to compare with")]

NEVER_SHOWN = {"authid", "channels"}

console = build_console()
app = typer.Typer(no_args_is_help=True, help="Who works where: posts, absences, coordinators, partners.")


@app.callback()
def about() -> None:
    """Who works where."""


@app.command("import")
def import_file(
    file: File, *, reason: Reason, by: By, dry_run: DryRun = False, yes: Yes = False, closing: Closing = None
) -> None:
    """Have the départements of a file exactly as it says; posts that are not in it end. All of it, or nothing.

    Example: relais roster import roster-31.yaml --reason arrival --by coordinator-31
    """
    settings = read_settings_or_exit(ReferralSettings, "relais roster import")
    try:
        roster = read_roster_file(file, settings.authid_of)
        planned = run(referral.import_roster(settings, roster, reason, by, dry_run=True))
    except UnusableRoster as refusal:
        refuse(file, refusal)
    console.print(table_of_changes(planned) if planned else "Nothing changes.")
    if dry_run or not planned:
        return
    check_ended(sum(each.kind in ENDS for each in planned), len(roster.posts) + len(roster.partners or ()), closing)
    if not yes:
        typer.confirm(f"Make these {len(planned)} changes?", abort=True)
    made = run(referral.import_roster(settings, roster, reason, by))
    console.print(f"{len(made)} changes. What nobody has accepted leaves whoever is away now within a minute.")
    tell_stations(settings)


@app.command("agree")
def agree(
    post: Annotated[str, typer.Argument(help="A post of another département, by its id")],
    station: Annotated[str, typer.Argument(help="A station of the département that you coordinate")],
    *,
    reason: Reason,
    by: By,
    withdraw: Annotated[bool, typer.Option("--withdraw", help="Agree to it no longer")] = False,
) -> None:
    """Agree that a post of another département sits at a station of yours: it then gets cases of people there.

    Example: relais roster agree post-31-1 GN-09-0101 --reason reorganisation --by coordinator-09
    """
    settings = read_settings_or_exit(ReferralSettings, "relais roster agree")
    try:
        run(referral.agree_presence(settings, post, station, reason, by, agreed=not withdraw))
    except UnusablePost:
        stop(f"There is no post {post} of another département: check its id. Nothing was changed.")
    except NoSuchPost:
        stop(f"{by} coordinates no département with a station {station}: check both. Nothing was changed.")
    says = "no longer sits" if withdraw else "may sit"
    console.print(f"{post} {says} at {station}.")


@app.command("check")
def check(as_json: AsJson = False) -> None:
    """Show who can't be told by any channel today; ends with 1 where there is somebody.

    Example: relais roster check
    """
    found = run(referral.untold(read_settings_or_exit(ReferralSettings, "relais roster check")))
    if as_json:
        console.print_json(data=[{"id": id_, "faults": faults} for id_, faults in found])
    elif found:
        table = build_table("who", "why nobody can be told")
        for id_, faults in found:
            table.add_row(id_, "; ".join(faults))
        console.print(table)
    else:
        console.print("Everybody can be told by a channel at least.")
    if found:
        raise typer.Exit(1)


def tell_stations(settings: ReferralSettings) -> None:
    """Tell stations of their presences. The roster is kept by now: whatever fails here must not look like a refusal."""
    try:
        asyncio.run(referral.tell_stations(settings))
    except Exception as error:
        named = type(error).__name__
        typer.secho(
            f"The roster is kept, but stations were not told of their presences ({named}): "
            "the referral service tells them within an hour. Check that it runs.",
            err=True,
            fg="yellow",
        )


def show_coverage(on: On = None, since: Since = None, as_json: AsJson = False) -> None:
    """Show how many posts each département has and how many are filled, against the ministry's goal of two.

    Example: relais coverage --since 2026-01-01
    """
    settings = read_settings_or_exit(ReferralSettings, "relais coverage")
    days = (each.date() if each else None for each in (on, since))
    found = run(referral.show_coverage(settings, *days))
    if as_json:
        console.print_json(data=[each.model_dump(mode="json") for each in found])
        return
    console.print(_coverage(found))
    reached = sum(each.reaches_goal for each in found)
    console.print(f"{reached} of {len(found)} départements reach the goal of two filled posts.")


def _coverage(found: Sequence[Any]) -> Table:
    heads = ("département", "posts", "filled", "full time", "goal", "reports", "per 100", "uncovered", "empty days")
    table = build_table(*heads, "trend")
    for each in found:
        table.add_row(
            each.departement,
            str(each.posts),
            str(each.filled),
            f"{each.full_time:g}",
            "yes" if each.reaches_goal else f"[red]no, {each.filled} of {each.goal}[/]",
            str(each.reports),
            "-" if each.per_100_reports is None else f"{each.per_100_reports:g}",
            " ".join(each.stations_without_cover) or "none",
            f"{each.days_without_presence} of 14",
            "-" if each.filled_since is None else f"{each.filled_since:+d}",
        )
    return table


def table_of_changes(planned: Sequence[Any]) -> Table:
    """What would change, of each only what differs."""
    table = build_table("what", "who", "before", "after")
    for change in planned:
        before, after = (_members(each) for each in (change.before, change.after))
        table.add_row(change.kind, change.name, _said(before, after), _said(after, before))
    return table


def _members(entry: Any) -> dict[str, Any]:
    """The members that people may see, as one flat table."""
    flat = dict[str, Any]()
    for name, value in (entry.model_dump(mode="json") if entry else {}).items():
        inner = value.items() if isinstance(value, dict) else [("", value)]
        flat |= {f"{name} {part}".strip(): each for part, each in inner if not {name, part} & NEVER_SHOWN}
    return flat


def _said(members: dict[str, Any], other: dict[str, Any]) -> str:
    """Of a change only what differs."""
    return ", ".join(f"{name} {_short(value)}" for name, value in members.items() if other.get(name) != value)


def _short(value: object) -> str:
    if not isinstance(value, list):
        return "none" if value is None else str(value)
    return " ".join(_name_of(each) for each in value) or "none"


def _name_of(member: object) -> str:
    if not isinstance(member, dict):
        return str(member)
    return str(member.get("station") or f"{member.get('first_day')}/{member.get('last_day')}")
