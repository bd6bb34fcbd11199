"""`relais set-aside`: decide about the records that a service could not handle. Each is perhaps a lost person."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import httpx
import typer
from rich.progress import track

from cli.door import Token, Url, door
from cli.running import stop
from cli.tables import build_console, build_table

Id = Annotated[str, typer.Argument(help="The row's id, as `list` shows it")]
WORDS = "10 to 500 characters, sealed for an inspector"
OneId = Annotated[str | None, typer.Argument(help="The row's id, as `list` shows it")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask")]
Purpose = Annotated[str, typer.Option(help="Why you look: set-aside-repair or break-glass")]
Justification = Annotated[str, typer.Option(help=f"Why you look: {WORDS}")]
Because = Annotated[str, typer.Option(help=f"Why it is given up: {WORDS}")]
Reason = Annotated[str | None, typer.Option(help="All that were set aside for this reason")]
Topic = Annotated[str | None, typer.Option(help="All that came on this topic")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show which these are, and do nothing")]
REPAIR = "set-aside-repair"
PATH = "/v1/set-aside"

console = build_console()
app = typer.Typer(no_args_is_help=True, help="Records that a service could not handle: list, show, replay, discard.")


@app.command("list")
def list_rows(url: Url, token: Token) -> None:
    """Show what is set aside, oldest first, and how much waits behind it. Example: relais set-aside list --url …"""
    with door(url, token) as service:
        _print(_rows(service))


@app.command()
def show(row_id: Id, url: Url, token: Token, justification: Justification, purpose: Purpose = REPAIR) -> None:
    """Look at a record; the log says so. Example: relais set-aside show <id> --justification "the vendor asks" """
    reason = {"purpose": purpose, "justification": justification}
    with door(url, token) as service:
        record = service.post(f"{PATH}/{row_id}/openings", json=reason).raise_for_status().json()
    table = build_table()
    table.add_row("place", _place(record))
    table.add_row("arrived", record["at"])
    table.add_row("key", str(record["key"]))
    for name, value in record["headers"]:
        table.add_row(name, str(value))
    console.print(table)
    console.print(f"\n{record['value']}", markup=False)


@app.command()
def replay(
    *,
    row_id: OneId = None,
    url: Url,
    token: Token,
    reason: Reason = None,
    topic: Topic = None,
    dry_run: DryRun = False,
) -> None:
    """Handle records again, and then what waits behind them: one by its id, or all of a reason, of a topic.

    Safe to repeat. Example: relais set-aside replay --reason unknown-version --dry-run
    """
    if (row_id is None) == (reason is None and topic is None):
        stop("Name one record by its id, or several by --reason or --topic.")
    with door(url, token) as service:
        rows = [row for row in _rows(service) if _is_meant(row, row_id, reason, topic)]
        if dry_run:
            _print(rows)
            return
        ids = [row_id] if row_id else [row["_id"] for row in rows]
        shown = track(ids, "Replaying", console=console, transient=True, disable=not console.is_terminal)
        outcomes = Counter(_replay(service, each) for each in shown)
    for outcome, many in outcomes.items():
        console.print(f"It is {outcome}." if row_id else f"{many} {outcome}")
    raise typer.Exit(int("set-aside" in outcomes))


@app.command()
def discard(row_id: Id, url: Url, token: Token, because: Because, yes: Yes = False) -> None:
    """Give a record up for good; what waits behind it goes on. Example: relais set-aside discard <id> --because "…" """
    if not yes:
        typer.confirm("Nobody will handle this record any more. Has its report come another way?", abort=True)
    with door(url, token) as service:
        service.post(f"{PATH}/{row_id}/discard", json={"because": because}).raise_for_status()
    console.print("It is discarded.")


def _rows(service: httpx.Client) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = service.get(PATH).raise_for_status().json()
    return rows


def _is_meant(row: dict[str, Any], row_id: str | None, reason: str | None, topic: str | None) -> bool:
    wanted = {"_id": row_id, "reason": reason, "topic": topic}
    found = {**row, "topic": row["place"]["topic"]}
    return all(value is None or found[name] == value for name, value in wanted.items())


def _replay(service: httpx.Client, row_id: str) -> str:
    return str(service.post(f"{PATH}/{row_id}/replay").raise_for_status().json()["outcome"])


def _print(rows: list[dict[str, Any]]) -> None:
    if not rows:
        console.print("Nothing is set aside.")
        return
    table = build_table("id", "set aside", "reason", "tries", "waiting behind", "place")
    for row in rows:
        table.add_row(
            row["_id"], _age(row["since"]), row["reason"], str(row["attempts"]), str(row["waiting"]), _place(row)
        )
    console.print(table)


def _place(row: dict[str, Any]) -> str:
    return "{topic}/{partition}/{offset}".format_map(row["place"])


def _age(since: str) -> str:
    seconds = (datetime.now(UTC) - datetime.fromisoformat(since)).total_seconds()
    return f"{timedelta(seconds=round(seconds))} ago"
