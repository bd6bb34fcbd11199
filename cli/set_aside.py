"""`relais set-aside`: decide about the records that a service could not handle. Each is perhaps a lost person."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, NamedTuple

import typer
from rich.progress import track

from cli.door import Token, Url, door, doors_of
from cli.running import stop
from cli.tables import AsJson, build_console, build_table

Id = Annotated[str, typer.Argument(help="The row's id, as `list` shows it")]
WORDS = "10 to 500 characters, sealed for an inspector"
OneId = Annotated[str | None, typer.Argument(help="The row's id, as `list` shows it")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask")]
Purpose = Annotated[str, typer.Option(help="Why you look: set-aside-repair")]
Justification = Annotated[str, typer.Option(help=f"Why you look: {WORDS}")]
Because = Annotated[str, typer.Option(help=f"Why it is given up: {WORDS}")]
Reason = Annotated[str | None, typer.Option(help="All that were set aside for this reason")]
Topic = Annotated[str | None, typer.Option(help="All that came on this topic")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show which these are, and do nothing")]
REPAIR = "set-aside-repair"
PATH = "/v1/set-aside"
SERVICES = ("intake", "referral", "notification")
"""Audit sets nothing aside: what it can't read becomes a line of the log."""

console = build_console()
app = typer.Typer(no_args_is_help=True, help="Records that a service could not handle: list, show, replay, discard.")


@app.command("list")
def list_rows(*, url: Url, token: Token, as_json: AsJson = False) -> None:
    """Show what is set aside at every service whose door is named, and how much waits behind it.

    Example: relais set-aside list --url http://127.0.0.1:8101 --url http://127.0.0.1:8102
    """
    found = _found(url, token)
    if as_json:
        console.print_json(data=[{"service": each.service, **each.row} for each in found])
    else:
        _print(found)


@app.command()
def show(
    row_id: Id,
    *,
    url: Url,
    token: Token,
    justification: Justification,
    purpose: Purpose = REPAIR,
    as_json: AsJson = False,
) -> None:
    """Look at a record; the log says so. Example: relais set-aside show <id> --justification "the vendor asks" """
    reason = {"purpose": purpose, "justification": justification}
    with door(_where(row_id, url, token), token) as service:
        record = service.post(f"{PATH}/{row_id}/openings", json=reason).raise_for_status().json()
    if as_json:
        console.print_json(data=record)
        return
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
    found = [each for each in _found(url, token) if row_id is None and _is_meant(each.row, reason, topic)]
    if dry_run:
        _print(found)
        return
    places = [(_where(row_id, url, token), row_id)] if row_id else [(each.url, each.row["_id"]) for each in found]
    shown = track(places, "Replaying", console=console, transient=True, disable=not console.is_terminal)
    outcomes = Counter(_replay(at, each, token) for at, each in shown)
    for outcome, many in outcomes.items():
        console.print(f"It is {outcome}." if row_id else f"{many} {outcome}")
    raise typer.Exit(int("set-aside" in outcomes))


@app.command()
def discard(row_id: Id, url: Url, token: Token, because: Because, yes: Yes = False) -> None:
    """Give a record up for good; what waits behind it goes on. Example: relais set-aside discard <id> --because "…" """
    if not yes:
        typer.confirm("Nobody will handle this record any more. Has its report come another way?", abort=True)
    with door(_where(row_id, url, token), token) as service:
        service.post(f"{PATH}/{row_id}/discard", json={"because": because}).raise_for_status()
    console.print("It is discarded.")


class Found(NamedTuple):
    """A row, and the service at whose door it was found."""

    service: str
    url: str
    row: dict[str, Any]


def _found(urls: Sequence[str], token: str) -> list[Found]:
    """All rows of all services that are named, the oldest first."""
    found = list[Found]()
    for name, url in _doors(urls).items():
        with door(url, token) as service:
            found += [Found(name, url, row) for row in service.get(PATH).raise_for_status().json()]
    return sorted(found, key=lambda each: str(each.row["since"]))


def _doors(urls: Sequence[str]) -> dict[str, str]:
    return doors_of(urls, SERVICES) if len(urls) > 1 else {"": urls[0]}


def _where(row_id: str, urls: Sequence[str], token: str) -> str:
    """At which door a row is decided about: where only one is named, that one says whether it has the row."""
    if len(urls) == 1:
        return urls[0]
    at = next((each.url for each in _found(urls, token) if each.row["_id"] == row_id), None)
    return at or stop("No service has set such a record aside.")


def _is_meant(row: dict[str, Any], reason: str | None, topic: str | None) -> bool:
    wanted = {"reason": reason, "topic": topic}
    found = {**row, "topic": row["place"]["topic"]}
    return all(value is None or found[name] == value for name, value in wanted.items())


def _replay(url: str, row_id: str, token: str) -> str:
    with door(url, token) as service:
        return str(service.post(f"{PATH}/{row_id}/replay").raise_for_status().json()["outcome"])


def _print(found: Sequence[Found]) -> None:
    if not found:
        console.print("Nothing is set aside.")
        return
    table = build_table("id", "service", "set aside", "reason", "tries", "waiting behind", "place")
    for service, _, row in found:
        tried = (str(row["attempts"]), str(row["waiting"]))
        table.add_row(row["_id"], service, _age(row["since"]), row["reason"], *tried, _place(row))
    console.print(table)


def _place(row: dict[str, Any]) -> str:
    return "{topic}/{partition}/{offset}".format_map(row["place"])


def _age(since: str) -> str:
    seconds = (datetime.now(UTC) - datetime.fromisoformat(since)).total_seconds()
    return f"{timedelta(seconds=round(seconds))} ago"
