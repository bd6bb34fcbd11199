"""What an operator types. Each command is idempotent: doing it again changes nothing."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.audit import app as log
from cli.doctor import doctor
from cli.erase import erase
from cli.keys import app as keys
from cli.masters import app as masters
from cli.notices import app as notices
from cli.partners import app as partners
from cli.roster import app as roster
from cli.roster import show_coverage
from cli.running import run, stop
from cli.send_again import send_again
from cli.set_aside import app as set_aside
from cli.stations import app as stations
from cli.statistics import statistics
from cli.tables import build_console, build_table
from cli.topics import make_topics, raise_copies
from services.audit import commands as audit
from services.intake import commands as intake
from services.intake.registry_file import read_registry
from services.intake.settings import IntakeSettings
from services.notification import commands as notification
from services.referral import commands as referral
from services.referral.roster_file import read_roster_file
from services.referral.settings import ReferralSettings
from shared.contracts.topics import topics_of
from shared.contracts.vocabulary import RegistryReason, RosterReason
from shared.delivery.opening import connect, named
from shared.delivery.process import collect_less
from shared.settings import ServerSettings, read_settings_or_exit
from shared.vault import migrate as migrate_vault

SAMPLES = Path(__file__).parent.parent / "deploy" / "samples"
Folder = Annotated[Path, typer.Option(help="The folder that holds registry.json and roster.json.", exists=True)]

console = build_console()
app = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__)
samples = typer.Typer(no_args_is_help=True, help="Invented stations and social workers, to try Relais with.")
app.add_typer(samples, name="samples")
app.add_typer(log, name="audit")
app.add_typer(set_aside, name="set-aside")
app.add_typer(stations, name="stations")
app.add_typer(keys, name="keys")
app.add_typer(masters, name="masters")
app.add_typer(roster, name="roster")
app.add_typer(partners, name="partners")
app.add_typer(notices, name="notices")
app.command("coverage")(show_coverage)
app.command("doctor")(doctor)
app.command("erase")(erase)
app.command("statistics")(statistics)
app.command("send-again")(send_again)


@app.callback()
def about() -> None:
    """The operators' command. Settings come from the environment (`RELAIS_KAFKA`, `RELAIS_MONGO`, …)."""
    collect_less()


@app.command()
def migrate() -> None:
    """Bring topics, indexes and validators up to this version. Example: relais migrate"""
    done = run(_migrate(read_settings_or_exit(ServerSettings, "relais migrate")))
    table = build_table("what", "applied now")
    for what, applied in done.items():
        table.add_row(what, "; ".join(applied) or "nothing: it is up to date")
    console.print(table)


@samples.command("load")
def load_samples(folder: Folder = SAMPLES) -> None:
    """Load the sample registry and roster, and make their integrators' topics. Example: relais samples load"""
    made = run(_load(_read_json(folder / "registry.json"), folder / "roster.json"))
    console.print(f"{made['stations']} stations, {made['posts']} posts, {made['topics']} new topics.")


async def _migrate(settings: ServerSettings) -> Mapping[str, list[str]]:
    async with connect(settings, "relais-migrate") as client:
        await migrate_vault(client[named(settings, "vault")])
    done = {
        "intake": await intake.migrate_database(settings),
        "referral": await referral.migrate_database(settings),
        "notification": await notification.migrate_database(settings),
        "audit": await audit.migrate_database(settings),
    }
    topics = topics_of(await intake.integrators(settings))
    return done | {
        "topics": await make_topics(settings, topics),
        "copies": await raise_copies(settings, topics),
    }


async def _load(registry: Mapping[str, Any], roster_file: Path) -> Mapping[str, int]:
    settings = read_settings_or_exit(IntakeSettings, "relais samples load")
    known = read_registry(registry)
    await intake.import_registry(settings, known, RegistryReason.OPENING, None)
    topics = await make_topics(settings, topics_of(tuple(each.code for each in known.integrators)))
    mine = read_settings_or_exit(ReferralSettings, "relais samples load")
    roster = read_roster_file(roster_file, mine.authid_of)
    await referral.import_roster(mine, roster, RosterReason.OPENING, None)
    await referral.tell_stations(mine)
    return {"stations": len(known.stations), "posts": len(roster.posts), "topics": len(topics)}


def _read_json(path: Path) -> Mapping[str, Any]:
    try:
        members = json.loads(path.read_text("utf-8"))
    except OSError as error:
        stop(f"{path} can't be read: {error.strerror}.")
    except json.JSONDecodeError as error:
        stop(f"{path} is not JSON: line {error.lineno}, column {error.colno}.")
    return members if isinstance(members, dict) else stop(f"{path} must hold one JSON object.")
