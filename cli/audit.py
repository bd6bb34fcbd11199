"""`relais audit`: search the log, take lines along, tell the key by which it is checked."""

import time
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer
from rich.progress import Progress

from cli.door import Token, Url, door_of
from cli.running import run, stop
from cli.tables import AsJson, build_console, build_table
from services.audit import commands as audit
from services.audit.settings import AuditSettings
from shared.settings import ServerSettings, read_settings_or_exit

Which = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[NAME=VALUE]...",
        help="Which lines: case, actor, recipient, station, type, operation, kind, event, from, to (times, half-open), "
        "from_index, to_index. Without any: all",
    ),
]
Purpose = Annotated[str, typer.Option(help="Why you look: audit, inspection or person-request")]
Justification = Annotated[str, typer.Option(help="Why you look: 10 to 500 characters, sealed for an inspector")]
Newest = Annotated[bool, typer.Option("--newest", help="The newest lines first")]
Most = Annotated[int, typer.Option(min=1, help="At most so many lines")]
Out = Annotated[Path, typer.Option(help="The file that is written", dir_okay=False, writable=True)]
Balp = Annotated[bool, typer.Option("--balp", help="Also as FHIR R4 AuditEvents (IHE BALP), one a line")]
Epoch = Annotated[str | None, typer.Option("--epoch", help="The epoch's name; without it, the first one")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask")]
AUDIT = "audit"
PAGE, ASK_SECONDS = 500, 0.3

console = build_console()
app = typer.Typer(no_args_is_help=True, help="The log: search it, take lines along, check it.")


@app.command("key")
def show_key() -> None:
    """Print the log's verifier key, which auditors must get from somebody they trust. Example: relais audit key"""
    typer.echo(audit.verifier_key(read_settings_or_exit(AuditSettings, "relais audit key")))


@app.command()
def search(
    *,
    which: Which = None,
    url: Url,
    token: Token,
    justification: Justification,
    purpose: Purpose = AUDIT,
    newest: Newest = False,
    most: Most = 50,
    as_json: AsJson = False,
) -> None:
    """Show lines as sentences; the log says that you looked.

    Example: relais audit search case=5b1f6a7e-… --justification "the prosecutor asks"
    """
    asked = _filter(which) | {"order": "desc" if newest else "asc", "limit": min(most, PAGE)}
    entries = list[dict[str, Any]]()
    with door_of(url, AUDIT, token) as log:
        asked["consultation"] = _consultation(log, purpose, justification)
        while True:
            page = log.get("/v1/entries", params=asked).raise_for_status().json()
            entries += page["entries"][: most - len(entries)]
            if page["next"] is None or len(entries) >= most:
                break
            asked["cursor"] = page["next"]
    if as_json:
        console.print_json(data={**page, "entries": entries})
        return
    table = build_table("index", "time", "what")
    for entry in entries:
        table.add_row(str(entry["index"]), entry["leaf"]["time"], entry["sentence"]["en"])
    console.print(table)
    console.print(f"{table.row_count} of {page['total']} lines; {page['origin']} has {page['size']}.")
    until = page["complete_up_to"]
    console.print(f"It is complete up to {until}." if until else "It has not said yet up to when it is complete.")
    console.print(f"Set aside elsewhere: {page['set_aside']}. Last cosigned at {page['last_anchor'] or 'no'} lines.")


@app.command()
def export(
    *,
    which: Which = None,
    url: Url,
    token: Token,
    justification: Justification,
    purpose: Purpose = AUDIT,
    out: Out = Path("export.zip"),
    balp: Balp = False,
) -> None:
    """Take lines along as a bundle that proves itself; the log says that you took them.

    Example: relais audit export case=5b1f6a7e-… --justification "for the court" --out case.zip
    """
    with door_of(url, AUDIT, token) as log:
        wish = {"consultation_id": _consultation(log, purpose, justification), "filter": _filter(which), "balp": balp}
        begun = log.post("/v1/exports", json=wish).raise_for_status().json()
        address = f"/v1/exports/{begun['export_id']}"
        _follow(log, address, begun)
        _fetch(log, f"{address}/bundle", out)
    console.print(f"{begun['total']} lines of {begun['size']} are in {out}. Check it offline:")
    console.print(f"  relais-verify {out} --key '…' --remember seen.jsonl", markup=False)


@app.command()
def check(epoch: Epoch = None) -> None:
    """Hold what lines of an epoch are found by, and the tiles, against the lines. Example: relais audit check

    Exit status 1 where something is not as the lines say. An auditor trusts relais-verify instead.
    """
    settings = read_settings_or_exit(ServerSettings, "relais audit check")
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("Checking", total=None)

        def tell(done: int, total: int) -> None:
            progress.update(task, completed=done, total=total)

        checked, wrong = run(audit.check(settings, tell, epoch))
    for each in wrong:
        console.print(each, markup=False)
    if wrong:
        stop(f"{checked} lines were checked: {len(wrong)} findings.")
    console.print(f"{checked} lines, and what they are found by, are as they should be.")


def _filter(which: list[str] | None) -> dict[str, Any]:
    pairs = [each.partition("=") for each in which or ()]
    if odd := [name for name, mark, value in pairs if not mark or not value]:
        stop(f"Say which lines by NAME=VALUE, such as case=…; {len(odd)} of these are none.")
    numbers = ("from_index", "to_index")
    try:
        return {name: int(value) if name in numbers else value for name, _, value in pairs}
    except ValueError:
        stop("from_index and to_index are numbers.")


def _consultation(log: httpx.Client, purpose: str, justification: str) -> str:
    reason = {"purpose": purpose, "justification": justification}
    return str(log.post("/v1/consultations", json=reason).raise_for_status().json()["consultation_id"])


def _follow(log: httpx.Client, address: str, state: dict[str, Any]) -> None:
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("Collecting", total=max(state["total"], 1))
        while state["state"] != "ready":
            time.sleep(ASK_SECONDS)
            state = log.get(address).raise_for_status().json()
            progress.update(task, completed=state["done"])


def _fetch(log: httpx.Client, address: str, out: Path) -> None:
    """Under another name first: half a bundle must not look like one."""
    partial = out.with_suffix(f"{out.suffix}.partial")
    try:
        with log.stream("GET", address) as answer, partial.open("wb") as file:
            if answer.is_error:
                answer.read()
            for piece in answer.raise_for_status().iter_bytes():
                file.write(piece)
        partial.replace(out)
    except OSError as error:
        stop(f"{out} can't be written: {error.strerror}.")


@app.command("begin-epoch")
def begin_epoch(
    *,
    after: Annotated[str, typer.Option(help="The verifier key of the log before, as `relais audit key` printed it")],
    because: Annotated[str, typer.Option(help="year, or restore where a backup of the log was put back")],
    previous: Annotated[str | None, typer.Option(help="The epoch before; without it, the first one")] = None,
    yes: Yes = False,
) -> None:
    """End the log and begin the next one, whose first line quotes it. Stop audit before, start it so configured after.

    Example: relais audit begin-epoch --after … --because year, with RELAIS_AUDIT_EPOCH and RELAIS_AUDIT_ORIGIN set
    """
    if because not in ("year", "restore"):
        stop("--because is year or restore.")
    settings = read_settings_or_exit(AuditSettings, "relais audit begin-epoch")
    if not yes:
        typer.confirm(f"End the log before for ever, and go on as {settings.audit_origin}?", abort=True)
    try:
        quoted = run(audit.begin(settings, previous, after, because))
    except (audit.CannotBegin, ValueError) as refused:
        stop(str(refused) or "This is no verifier key.")
    typer.echo(f"{settings.audit_origin} continues {quoted}. Its key: {audit.verifier_key(settings)}")


@app.command()
def hold(*, epoch: Epoch = None, off: Annotated[bool, typer.Option("--off", help="End it")] = False) -> None:
    """Begin a legal hold on an epoch, or end it. Example: relais audit hold --epoch 2027"""
    run(audit.hold(read_settings_or_exit(ServerSettings, "relais audit hold"), epoch, on=not off))
    console.print("The hold has ended." if off else "Nothing of this epoch is retired while the hold lasts.")


@app.command()
def retire(*, epoch: Epoch = None, yes: Yes = False) -> None:
    """Destroy the lines of an epoch that ended three years ago; print its final checkpoint, to be kept for ever.

    Example: relais audit retire --epoch 2027
    """
    if not yes:
        typer.confirm("Destroy all lines of this epoch, for ever?", abort=True)
    try:
        typer.echo(run(audit.retire(read_settings_or_exit(ServerSettings, "relais audit retire"), epoch)), nl=False)
    except audit.CannotBegin as refused:
        stop(str(refused))
