"""`relais set-aside`: decide about the records that a service could not handle. Each is perhaps a lost person."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import httpx
import typer
from rich.console import Console
from rich.table import Table

Url = Annotated[str, typer.Option(help="The service's HTTP door, e.g. http://127.0.0.1:8101", envvar="RELAIS_URL")]
Token = Annotated[
    str, typer.Option(help="An operator's access token; better given as RELAIS_TOKEN", envvar="RELAIS_TOKEN")
]
Id = Annotated[str, typer.Argument(help="The row's id, as `list` shows it")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask")]
PATH, PATIENCE = "/v1/set-aside", 30.0

console = Console(highlight=False)
app = typer.Typer(no_args_is_help=True, help="Records that a service could not handle: list, replay, discard.")


@app.command("list")
def list_rows(url: Url, token: Token) -> None:
    """Show what is set aside, oldest first, and how much waits behind it. Example: relais set-aside list --url …"""
    with _door(url, token) as door:
        rows: list[dict[str, Any]] = door.get(PATH).raise_for_status().json()
    if not rows:
        console.print("Nothing is set aside.")
        return
    table = Table("id", "set aside", "reason", "tries", "waiting behind", "place", box=None)
    for row in rows:
        place = "{topic}/{partition}/{offset}".format_map(row["place"])
        table.add_row(row["_id"], _age(row["since"]), row["reason"], str(row["attempts"]), str(row["waiting"]), place)
    console.print(table)


@app.command()
def replay(row_id: Id, url: Url, token: Token) -> None:
    """Handle a record again, and then what waits behind it. Safe to repeat. Example: relais set-aside replay <id>"""
    with _door(url, token) as door:
        outcome = door.post(f"{PATH}/{row_id}/replay").raise_for_status().json()["outcome"]
    console.print(f"It is {outcome}.")
    raise typer.Exit(int(outcome == "set-aside"))


@app.command()
def discard(row_id: Id, url: Url, token: Token, yes: Yes = False) -> None:
    """Give a record up for good; what waits behind it goes on. Example: relais set-aside discard <id>"""
    if not yes:
        typer.confirm("Nobody will handle this record any more. Has its report come another way?", abort=True)
    with _door(url, token) as door:
        door.post(f"{PATH}/{row_id}/discard").raise_for_status()
    console.print("It is discarded.")


@contextmanager
def _door(url: str, token: str) -> Iterator[httpx.Client]:
    """A service's doors for set-aside records; what they refuse is told in a sentence."""
    headers = {"authorization": f"Bearer {token}"}
    try:
        with httpx.Client(base_url=url, headers=headers, timeout=PATIENCE) as client:
            yield client
    except httpx.HTTPStatusError as refusal:
        _stop(_told(refusal.response))
    except httpx.HTTPError as error:
        _stop(f"{url} does not answer ({type(error).__name__}): is the service up, and the address right?")


def _told(answer: httpx.Response) -> str:
    """A problem document (RFC 9457) as one line."""
    try:
        problem = answer.json()
    except ValueError:
        problem = {}
    return f"Refused ({answer.status_code}): {problem.get('title', 'no reason given')}."


def _stop(sentence: str) -> None:
    typer.secho(sentence, err=True, fg="red")
    raise typer.Exit(1)


def _age(since: str) -> str:
    seconds = (datetime.now(UTC) - datetime.fromisoformat(since)).total_seconds()
    return f"{timedelta(seconds=round(seconds))} ago"
