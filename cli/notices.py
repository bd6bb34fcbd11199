"""`relais notices`: what people were told, or were not, and what it looks like. No address is shown anywhere."""

import os
import sys
from datetime import datetime
from typing import Annotated, Any

import typer
from rich.panel import Panel
from rich.text import Text

from cli.door import Token, Url, door_of
from cli.running import stop
from cli.tables import AsJson, build_console, build_table
from services.notification import commands as notification
from services.notification.settings import NotificationSettings
from shared.settings import read_settings_or_exit

State = Annotated[
    str | None, typer.Option(help="owed, sending, sent, delivered, bounced, failed, unknown, standby or cancelled")
]
Case = Annotated[str | None, typer.Option("--case", help="The case's id")]
Ref = Annotated[str | None, typer.Option(help="The recipient's code, such as iscg-31-a")]
Limit = Annotated[int, typer.Option(help="How many at most", min=1, max=100)]
NoticeId = Annotated[str, typer.Argument(help="The notice's id, as `list` shows it")]
Name = Annotated[str | None, typer.Argument(help="A template's name, such as iscg-assigned; all without it")]
Language = Annotated[str | None, typer.Option(help="fr or en; both without it")]
Page = Annotated[bool, typer.Option("--html", help="The page that mail programs show, for a file or a browser")]
SERVICE, PATH = "notification", "/v1/notices"

console = build_console()
app = typer.Typer(no_args_is_help=True, help="Notices: list, show, send again, preview their texts.")


@app.command("list")
def list_notices(
    *,
    url: Url,
    token: Token,
    state: State = None,
    case: Case = None,
    ref: Ref = None,
    limit: Limit = 50,
    as_json: AsJson = False,
) -> None:
    """Show notices, the newest first. Example: relais notices list --state failed"""
    asked = {"state": state, "case_id": case, "ref": ref, "limit": limit}
    with door_of(url, SERVICE, token) as service:
        found = service.get(PATH, params={name: value for name, value in asked.items() if value is not None})
        rows: list[dict[str, Any]] = found.raise_for_status().json()
    if as_json:
        console.print_json(data=rows)
        return
    if not rows:
        console.print("There is no such notice.")
        return
    table = build_table("id", "case", "to", "what", "by", "state", "tries", "owed at")
    for row in rows:
        state_told = f"{row['state']} ({row['failure']})" if "failure" in row else row["state"]
        told = (row["ref"], row["template"], row["channel"], state_told, str(row["attempts"]), _time(row["owed_at"]))
        table.add_row(row["id"], row["reference"], *told)
    console.print(table)


@app.command()
def show(notice_id: NoticeId, *, url: Url, token: Token, as_json: AsJson = False) -> None:
    """Show one notice, and how far it has come. Example: relais notices show <id>"""
    with door_of(url, SERVICE, token) as service:
        row = service.get(f"{PATH}/{notice_id}").raise_for_status().json()
    if as_json:
        console.print_json(data=row)
        return
    table = build_table()
    for name, value in row.items():
        table.add_row(name.replace("_", " "), ", ".join(value) if isinstance(value, list) else str(value))
    console.print(table)


@app.command()
def resend(notice_id: NoticeId, url: Url, token: Token) -> None:
    """Have a notice sent once more: never one to the person herself. Example: relais notices resend <id>"""
    with door_of(url, SERVICE, token) as service:
        service.post(f"{PATH}/{notice_id}/resend").raise_for_status()
    console.print("It is owed again, and goes at once.")


@app.command()
def preview(name: Name = None, language: Language = None, html: Page = False) -> None:
    """Show what notices say, filled in with an invented case. Example: relais notices preview iscg-assigned"""
    found = notification.previews(name, language)
    if not found:
        known = ", ".join(sorted({each.name for each in notification.previews()}))
        stop(f"There is no such template in this language. There are {known}, in fr and en.")
    for each in found:
        if html:
            sys.stdout.write(each.page)
            continue
        words = f"{each.subject}\n\n{each.body.strip()}"
        console.print(Panel(Text(words), title=f"{each.name}, version {each.version}, {each.language}"))


@app.command("push-key")
def push_key() -> None:
    """Print the public key with which browsers subscribe to Web Push. Example: relais notices push-key"""
    key = notification.push_key(read_settings_or_exit(NotificationSettings, "relais notices push-key"))
    if key is None:
        stop("RELAIS_VAPID_KEY is not set: nobody is told by Web Push.")
    console.print(key)


@app.command()
def bounce(url: Url, token: Token) -> None:
    """Read a mail that came back (RFC 3464) from standard input, and have its recipient told another way.

    A mail server pipes what comes to the bounce address. Example: relais notices bounce < returned.eml
    """
    try:
        found = notification.bounced_notice(sys.stdin.buffer.read())
    except notification.UnreadableBounce as unreadable:
        stop(str(unreadable), os.EX_DATAERR)
    if found is None:
        console.print("It tells of no notice of ours that failed for good: nothing is to be done.")
        return
    notice_id, status = found
    with door_of(url, SERVICE, token) as service:
        service.post(f"{PATH}/{notice_id}/return", json={"status": status} if status else {}).raise_for_status()
    console.print(f"Notice {notice_id} has come back.")


def _time(text: str) -> str:
    return f"{datetime.fromisoformat(text):%Y-%m-%d %H:%M}"
