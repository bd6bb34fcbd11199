"""`relais-kit`: check, samples, seal, open-receipt, receipts, run."""

import csv
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, NoReturn

import orjson
import typer
from rich.console import Console
from rich.progress import track
from rich.table import Column, Table

from relais_kit import scenario
from relais_kit.base import Json
from relais_kit.checking import Checked, check_file
from relais_kit.door import NotSignedIn, SignIn, opened
from relais_kit.keys import NoKeys, NotGenuine, check_receipt, read_keys, sealed
from relais_kit.receipts import rehearsal
from relais_kit.results import own_key, signed_result
from relais_kit.samples import samples as all_samples
from relais_kit.steps import Ended

Files = Annotated[
    list[Path], typer.Argument(help="Reports as JSON, or .jsonl with one a line", exists=True, dir_okay=False)
]
OneFile = Annotated[Path, typer.Argument(help="A JSON file", exists=True, dir_okay=False)]
Keys = Annotated[str, typer.Option(help="The key set: a file, or https://…/.well-known/jwks.json")]
Url = Annotated[str | None, typer.Option(help="The HTTPS door, e.g. https://relais.example")]
Kafka = Annotated[str | None, typer.Option(help="The broker, host:port (needs relais-kit[kafka])")]
Station = Annotated[str, typer.Option(help="A station of yours")]
Issuer = Annotated[str | None, typer.Option(help="Where to sign in", envvar="RELAIS_KIT_ISSUER")]
ClientId = Annotated[str, typer.Option(help="As whom: your integrator's code", envvar="RELAIS_KIT_CLIENT")]
Secret = Annotated[str | None, typer.Option(help="Your secret at the issuer", envvar="RELAIS_KIT_SECRET")]
Key = Annotated[Path | None, typer.Option(help="Or your private key (JWK, P-256)", envvar="RELAIS_KIT_KEY")]
Token = Annotated[str | None, typer.Option(help="Or an access token", envvar="RELAIS_KIT_TOKEN")]
Result = Annotated[Path, typer.Option(help="Where the signed result is written")]
SigningKey = Annotated[Path, typer.Option(help="The key that signs it; made at the first time")]

app = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__)
WIDEST = 10_000
"""Columns of a line in a file or a pipe: a pointer or a code that is cut helps nobody."""

console, errors = Console(highlight=False), Console(stderr=True, highlight=False)
if not console.is_terminal:
    console = Console(highlight=False, width=WIDEST)


@app.command()
def check(files: Files) -> None:
    """Check reports offline, and explain each fault. Example: relais-kit check report.json"""
    several = len(files) > 1 and console.is_terminal
    shown = track(files, "Checking", console=console, transient=True, disable=not several)
    checked = [found for path in shown for found in check_file(path)]
    bad = [found for found in checked if not found.is_good]
    if bad:
        console.print(_faults(bad))
    for found in checked[:20] if not bad else ():
        console.print(f"{found.where}: {found.outcome}", markup=False)
    console.print(f"{len(checked) - len(bad)} good, {len(bad)} bad.")
    raise typer.Exit(int(bool(bad)))


@app.command("samples")
def write_samples(folder: Annotated[Path, typer.Argument(help="Where to write them")]) -> None:
    """Write reports good and bad, and the answer that each must get. Example: relais-kit samples ./samples"""
    folder.mkdir(parents=True, exist_ok=True)
    every = all_samples()
    with (folder / "answers.csv").open("w", encoding="utf-8", newline="") as file:
        answers = csv.writer(file)
        answers.writerow(("sample", "status", "outcome", "faults"))
        for sample in every:
            (folder / f"{sample.name}.json").write_bytes(orjson.dumps(sample.report, option=orjson.OPT_INDENT_2))
            faults = " ".join(f"{pointer}:{code}" for pointer, code in sample.faults)
            answers.writerow((sample.name, sample.status, sample.outcome, faults))
    console.print(f"{len(every)} samples in {folder}; what each must be answered stands in answers.csv.")


@app.command()
def seal(file: OneFile, keys: Keys) -> None:
    """Seal a report's `content` for Relais. Example: relais-kit seal report.json --keys jwks.json > sealed.json"""
    report = _read(file)
    if "content" not in report:
        _stop(f"{file.name} has no member `content` to seal.")
    try:
        sys.stdout.buffer.write(orjson.dumps(sealed(report, read_keys(keys)), option=orjson.OPT_APPEND_NEWLINE))
    except NoKeys as problem:
        _stop(str(problem))


@app.command()
def open_receipt(file: OneFile, keys: Keys) -> None:
    """Check a receipt's signature, and show it. Example: relais-kit open-receipt receipt.json --keys jwks.json"""
    receipt = _read(file)
    try:
        kid = check_receipt(receipt, read_keys(keys))
    except (NoKeys, NotGenuine) as problem:
        _stop(str(problem))
    table = _folding("", "", show_header=False)
    for name, value in receipt.items():
        table.add_row(name, value if isinstance(value, str) else orjson.dumps(value).decode())
    console.print(table)
    console.print(f"Genuine: signed with {kid}.", markup=False)


@app.command("receipts")
def write_receipts(folder: Annotated[Path, typer.Argument(help="Where to write them")]) -> None:
    """Write receipts that come again and out of order, and what must be held after them.

    Example: relais-kit receipts ./receipts
    """
    folder.mkdir(parents=True, exist_ok=True)
    made = rehearsal()
    (folder / "receipts.jsonl").write_bytes(b"".join(orjson.dumps(each) + b"\n" for each in made.records))
    (folder / "jwks.json").write_bytes(orjson.dumps(made.keys))
    with (folder / "held.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([("report_id", "standing", "revision"), *made.held])
    console.print(f"{len(made.records)} receipts of {len(made.held)} reports in {folder}; held.csv says what holds.")


@app.command()
def run(
    *,
    url: Url = None,
    kafka: Kafka = None,
    keys: Keys = "",
    station: Station = "GN-31-0412",
    issuer: Issuer = None,
    client_id: ClientId = "",
    secret: Secret = None,
    key: Key = None,
    token: Token = None,
    result: Result = Path("relais-kit-result.json"),
    signing_key: SigningKey = Path("relais-kit-key.json"),
) -> None:
    """Play the whole scenario against a test instance, and write a signed result.

    Example: relais-kit run --url https://relais.example --issuer https://id.example --client-id gendarmerie
    """
    if url and not kafka:
        ended = _at_door(url, token or _token(issuer, client_id, secret, key), station)
    elif kafka and not url:
        ended = _at_broker(kafka, keys, client_id, station)
    else:
        _stop("Say where: --url for the HTTPS door, or --kafka with --keys for the broker.")
    console.print(_table(ended))
    result.write_bytes(signed_result(ended, url or kafka or "", own_key(signing_key)))
    failed = sum(not step.is_good for step in ended)
    console.print(f"{len(ended) - failed} passed, {failed} failed. The signed result is in {result}.")
    raise typer.Exit(int(failed > 0))


def _at_door(url: str, token: str, station: str) -> list[Ended]:
    with opened(url, token, station) as door:
        return list(_shown(scenario.step.play(door), len(scenario.step)))


def _at_broker(kafka: str, keys: str, integrator: str, station: str) -> list[Ended]:
    try:
        from relais_kit import broker  # noqa: PLC0415 # only here is a client of Kafka needed
    except ImportError:
        _stop("For Kafka install relais-kit[kafka].")
    if not keys or not integrator:
        _stop("At the broker --keys and --client-id (your integrator's code) are needed.")
    return list(_shown(broker.play(kafka, read_keys(keys), integrator, station), len(broker.step)))


def _shown(steps: Iterable[Ended], many: int) -> Iterable[Ended]:
    return track(steps, "Playing", total=many, console=console, transient=True, disable=not console.is_terminal)


def _token(issuer: str | None, client_id: str, secret: str | None, key: Path | None) -> str:
    if not issuer or not client_id or not (secret or key):
        _stop("To sign in give --token, or --issuer, --client-id and either --secret or --key.")
    try:
        return SignIn(issuer, client_id, secret, _read(key) if key else None).token()
    except NotSignedIn as problem:
        _stop(str(problem))


def _folding(*heads: str, show_header: bool = True) -> Table:
    """A table that folds in a narrow terminal and cuts nothing."""
    return Table(*(Column(head, overflow="fold") for head in heads), box=None, show_header=show_header)


def _faults(bad: Sequence[Checked]) -> Table:
    table = _folding("report", "where", "fault", "what is wrong", "en français")
    for found in bad:
        for fault in found.faults:
            said = (fault["pointer"] or "/", fault["code"], fault.get("en", ""), fault.get("fr", ""))
            table.add_row(found.where, *said)
    return table


def _table(ended: Sequence[Ended]) -> Table:
    table = _folding("", "what a Relais must do", "what it did instead")
    for step in ended:
        table.add_row("[green]yes[/]" if step.is_good else "[red]no[/]", step.name, step.said)
    return table


def _read(file: Path) -> Json:
    try:
        members = orjson.loads(file.read_bytes())
    except (OSError, orjson.JSONDecodeError) as error:
        _stop(f"{file} can't be read: {type(error).__name__}.")
    if not isinstance(members, dict):
        _stop(f"{file} is no JSON object.")
    return members


def _stop(sentence: str) -> NoReturn:
    errors.print(sentence, style="red", markup=False)
    raise typer.Exit(2)
