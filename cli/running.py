"""How every command runs what it does, and stops where it can't: with one sentence, and a status that says so."""

import asyncio
from collections.abc import Coroutine
from typing import Any, NoReturn, TypeVar

import typer
from aiokafka.errors import KafkaError
from pymongo.errors import PyMongoError

from cli.replication import CannotReplicate
from services.intake.registry_file import UnusableRegistry
from services.referral.roster_file import UnusableRoster
from shared.delivery.migrations import BehindMigrations

T = TypeVar("T")


def run(work: Coroutine[Any, Any, T]) -> T:
    """Do it, and tell in a sentence what stopped it."""
    try:
        return asyncio.run(work)
    except (UnusableRegistry, UnusableRoster, BehindMigrations, CannotReplicate) as refusal:
        stop(str(refusal))
    except (PyMongoError, KafkaError, OSError) as error:
        stop(f"A server does not answer ({type(error).__name__}): check RELAIS_KAFKA and RELAIS_MONGO.")


def stop(sentence: str, status: int = 1) -> NoReturn:
    """Say it, and end with this status."""
    typer.secho(sentence, err=True, fg="red")
    raise typer.Exit(status)
