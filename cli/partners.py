"""`relais partners`: whom people are referred to, as the public directory data·inclusion knows them."""

from pathlib import Path
from typing import Annotated

import typer

from cli.roster import By, DryRun, Reason, Yes, table_of_changes
from cli.running import ENDS, Closing, check_ended, refuse, run, stop
from cli.tables import build_console
from services.notification import commands as notification
from services.notification.settings import NotificationSettings
from services.referral import commands as referral
from services.referral.settings import ReferralSettings
from shared.files.faults import shown
from shared.settings import read_settings_or_exit

File = Annotated[Path, typer.Argument(help="Structures of data·inclusion (schema v1), as a JSON list")]
Departement = Annotated[str, typer.Option(help="Whose partners are taken; the file may name all of France")]

console = build_console()
app = typer.Typer(no_args_is_help=True, help="Partners: whom people are referred to.")


@app.callback()
def about() -> None:
    """Whom people are referred to."""


@app.command("import")
def import_file(
    file: File,
    *,
    departement: Departement,
    reason: Reason,
    by: By,
    dry_run: DryRun = False,
    yes: Yes = False,
    closing: Closing = None,
) -> None:
    """Have a département's partners as data·inclusion knows them. Those that were entered by hand stay.

    Example: relais partners import structures.json --departement 31 --reason correction --by coordinator-31
    """
    # Half a second that no other command should wait for.
    from services.referral.directory_file import UnusableDirectory, read_directory_file  # noqa: PLC0415

    settings = read_settings_or_exit(ReferralSettings, "relais partners import")
    try:
        found = read_directory_file(file, departement, lambda id_: settings.authid_of(f"data-inclusion {id_}"))
    except UnusableDirectory as refusal:
        refuse(file, refusal)
    for which, many in sorted(found.left_out.items()):
        console.print(f"{many} left out: {which}.")
    for fault in shown(found.faults):
        console.print(f"  {fault}", soft_wrap=True)
    why = referral.Why(reason, by)
    planned = run(referral.import_partners(settings, departement, found.partners, why, dry_run=True))
    console.print(table_of_changes(planned) if planned else "Nothing changes.")
    if dry_run or not planned:
        return
    check_ended(sum(each.kind in ENDS for each in planned), len(found.partners), closing)
    if not yes:
        typer.confirm(f"Make these {len(planned)} changes?", abort=True)
    made = run(referral.import_partners(settings, departement, found.partners, why))
    console.print(f"{len(made)} changes.")


@app.command("webhook-secret")
def tell_secret(
    partner: Annotated[str, typer.Argument(help="The partner's id in the directory")],
) -> None:
    """Tell the secret with which a partner's software verifies our webhooks. Hand it over by a safe way.

    While RELAIS_WEBHOOK_SECRETS holds two, both are told, the newest first: messages are signed by both.

    Example: relais partners webhook-secret partner-h7q2
    """
    settings = read_settings_or_exit(NotificationSettings, "relais partners webhook-secret")
    if not (secrets := notification.webhook_secrets(settings, partner)):
        stop("RELAIS_WEBHOOK_SECRETS is not set: no webhook is called. Set it to 32 random characters or more.")
    for secret in secrets:
        console.print(secret)
