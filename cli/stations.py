"""`relais stations`: who may report. A file says it whole; what changes is shown before it happens."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from cli.quotas import Quota, set_quotas
from cli.running import ENDS, Closing, check_ended, refuse, run
from cli.tables import build_console, build_table
from cli.topics import make_topics
from services.intake import commands as intake
from services.intake.registry_file import UnusableRegistry, read_registry_file
from services.intake.settings import IntakeSettings
from shared.contracts.topics import topics_of
from shared.contracts.vocabulary import RegistryReason
from shared.settings import ServerSettings, read_settings_or_exit

File = Annotated[Path, typer.Argument(help="YAML, JSON, or CSV: station,force,departement,commune,zone,integrator")]
Reason = Annotated[RegistryReason, typer.Option(help="Why; the log keeps it")]
By = Annotated[str, typer.Option(help="Who you are at the issuer; the log keeps it as an opaque id")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would change, and change nothing")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask")]

console = build_console()
app = typer.Typer(no_args_is_help=True, help="Who may report: integrators, and the stations they speak for.")


@app.callback()
def about() -> None:
    """Who may report."""


@app.command("import")
def import_file(
    file: File, *, reason: Reason, by: By, dry_run: DryRun = False, yes: Yes = False, closing: Closing = None
) -> None:
    """Have exactly the stations and integrators of a file; whoever is not in it is closed. All of it, or nothing.

    Example: relais stations import stations.csv --reason reorganisation --by operator-1
    """
    settings = read_settings_or_exit(IntakeSettings, "relais stations import")
    try:
        registry = read_registry_file(file)
    except UnusableRegistry as refusal:
        refuse(file, refusal)
    planned = run(intake.import_registry(settings, registry, reason, by, dry_run=True))
    console.print(_table(planned) if planned else "Nothing changes.")
    if dry_run or not planned:
        return
    check_ended(sum(each.kind in ENDS for each in planned), len(registry.integrators) + len(registry.stations), closing)
    if not yes:
        typer.confirm(f"Make these {len(planned)} changes?", abort=True)
    made = run(intake.import_registry(settings, registry, reason, by))
    topics = run(make_topics(settings, topics_of(tuple(each.code for each in registry.integrators))))
    console.print(f"{len(made)} changes, {len(topics)} new topics.")


@app.command("quotas")
def set_quota(
    bytes_a_second: Annotated[
        int, typer.Option(min=1024, help="Bytes a second, sent and read, of each broker")
    ] = 1_000_000,
    percentage: Annotated[int, typer.Option(min=1, max=10_000, help="Per cent of a broker's threads")] = 50,
) -> None:
    """Limit what each integrator of the registry may take of Kafka; its user there is called by the integrator's code.

    Whoever takes more waits; nothing is refused. Changes nothing the second time. Example: relais stations quotas
    """
    settings = read_settings_or_exit(ServerSettings, "relais stations quotas")
    users = run(intake.integrators(settings))
    changed = run(set_quotas(settings, users, Quota(bytes_a_second, bytes_a_second, percentage)))
    for user in changed:
        console.print(f"{user}: {bytes_a_second} bytes a second, {percentage} % of a broker's threads.")
    console.print(f"{len(changed)} of {len(users)} integrators changed.")


def _table(planned: Sequence[Any]) -> Table:
    table = build_table("what", "who", "before", "after")
    for change in planned:
        table.add_row(change.kind, change.after.code, _said(change.before, change), _said(change.after, change))
    return table


def _said(state: Any, change: Any) -> str:
    """Of a change only what differs; of all else the whole."""
    if state is None:
        return ""
    other = change.before if state is change.after else change.after
    members = state.model_dump(mode="json", exclude={"code", "authid", "closed"})
    before = other.model_dump(mode="json") if other else {}
    shown = {name: value for name, value in members.items() if before.get(name) != value or state.closed}
    return ", ".join(f"{name} {_short(value)}" for name, value in shown.items())


def _short(value: object) -> str:
    if not isinstance(value, list):
        return "none" if value is None else str(value)
    return " ".join(sorted(each["kid"] if isinstance(each, dict) else str(each) for each in value)) or "none"
