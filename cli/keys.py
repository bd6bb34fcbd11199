"""`relais keys`: the keys for which stations seal. What was sealed for a destroyed key nobody can read any more."""

from typing import Annotated

import typer

from cli.running import run, stop
from cli.tables import build_console, build_table
from services.intake import keys as intake
from services.intake.settings import IntakeSettings
from shared.settings import read_settings_or_exit
from shared.vault.ring import UnusableKey

Kid = Annotated[str, typer.Argument(help="The key's kid, as `list` shows it")]
By = Annotated[str, typer.Option(help="Who you are at the issuer; the log keeps it as an opaque id")]
Due = Annotated[bool, typer.Option("--due", help="What its age asks for: for a daily cron job")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask")]

console = build_console()
app = typer.Typer(no_args_is_help=True, help="The keys for which stations seal: list, rotate, destroy.")


@app.command("list")
def list_keys() -> None:
    """Show the keys that open, the published one first. Example: relais keys list"""
    table = build_table("kid", "file", "")
    for n, (kid, path) in enumerate(intake.listed(_settings("list"))):
        table.add_row(kid, path.name, "published" if n == 0 else "opens what is on its way")
    console.print(table)


@app.command()
def rotate(by: By, due: Due = False) -> None:
    """Publish a new key; the older ones open until they are destroyed.

    With --due: only where the published one is older than RELAIS_KEY_DAYS. It also destroys the keys for which no
    record stands on Kafka any more, unless one that was set aside meanwhile is undecided.

    Example: relais keys rotate --due --by operator-1
    """
    if due:
        kid, destroyed = run(intake.rotate_due(_settings("rotate"), by))
        console.print(f"{kid} is published within {intake.LOOKED_AT_EVERY:.0f} s." if kid else "No key is due.")
        console.print(f"Destroyed, for nothing needs them any more: {', '.join(destroyed) or 'none'}.")
        return
    kid = run(intake.rotate(_settings("rotate"), by))
    console.print(f"{kid} is published within {intake.LOOKED_AT_EVERY:.0f} s. Vendors read the key set once a day:")
    console.print("destroy the older keys after some days, when nothing is on its way that was sealed for them.")


# A kid is a thumbprint in base64url (RFC 7638): one in 64 begins with a dash.
@app.command(context_settings={"ignore_unknown_options": True})
def destroy(kid: Kid, by: By, yes: Yes = False) -> None:
    """Destroy an older key for good. Example: relais keys destroy <kid> --by operator-1"""
    if not yes:
        typer.confirm("What was sealed for it and is not taken yet can never be read. Destroy it?", abort=True)
    try:
        run(intake.destroy(_settings("destroy"), kid, by))
    except UnusableKey as refusal:
        stop(str(refusal))
    console.print(f"{kid} is destroyed. Copies of it, in backups too, must be destroyed by hand.")


def _settings(command: str) -> IntakeSettings:
    return read_settings_or_exit(IntakeSettings, f"relais keys {command}")
