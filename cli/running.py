"""How every command runs what it does, and stops where it can't: with one sentence, and a status that says so."""

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any, NoReturn, TypeVar

import typer
from aiokafka.errors import KafkaError
from pymongo.errors import PyMongoError

from cli.quotas import QuotaRefused
from cli.replication import CannotReplicate
from services.referral.yearbooks import NotPublished
from shared.delivery.migrations import BehindMigrations
from shared.files.faults import UnusableFile, either, shown

Closing = Annotated[int | None, typer.Option(help="How many may end, where a file ends more than it names")]
ENDS = ("close", "end")
"""What those changes are called by which something ends."""

T = TypeVar("T")


def run(work: Coroutine[Any, Any, T]) -> T:
    """Do it, and tell in a sentence what stopped it."""
    try:
        return asyncio.run(work)
    except (UnusableFile, NotPublished, BehindMigrations, CannotReplicate, QuotaRefused) as refusal:
        stop(str(refusal))
    except (PyMongoError, KafkaError, OSError) as error:
        stop(f"A server does not answer ({type(error).__name__}): check RELAIS_KAFKA and RELAIS_MONGO.")


def stop(sentence: str, status: int = 1) -> NoReturn:
    """Say it, and end with this status."""
    typer.secho(sentence, err=True, fg="red")
    raise typer.Exit(status)


def refuse(file: Path, refusal: UnusableFile) -> NoReturn:
    """Say what is wrong with a file, fault by fault, and that nothing was changed."""
    head = either(f"{file} can't be used; nothing was changed.", f"{file} est inutilisable ; rien n'a été modifié.")
    stop("\n".join([head, *shown(refusal.faults)]))


def check_ended(ended: int, wanted: int, closing: int | None) -> None:
    """Stop where a file ends more than it names, unless that many were announced: half a file looks like that."""
    if ended > wanted and closing != ended:
        stop(
            either(
                f"Nothing was changed: {ended} would end, and the file names {wanted}. Is it whole? "
                f"If this is meant, say so: --closing {ended}",
                f"Rien n'a été modifié : {ended} prendraient fin, et le fichier en nomme {wanted}. Est-il complet ? "
                f"Si c'est voulu, le dire : --closing {ended}",
            )
        )
