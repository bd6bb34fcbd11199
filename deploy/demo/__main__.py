"""`python -m deploy.demo`: send the sample reports and watch each one's journey. `… report`: one more report."""

import asyncio
import fcntl
import logging
import os
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Annotated
from uuid import uuid4

import httpx
import typer
from aiokafka.errors import KafkaError
from rich.console import Console
from rich.live import Live
from rich.markup import escape

from deploy.demo.closing import PYTHON, leave
from deploy.demo.comparing import read_expected
from deploy.demo.following import Run, follow, published_keys
from deploy.demo.house import House
from deploy.demo.journey import End
from deploy.demo.showing import disagreements_table, journeys_table, show_run
from deploy.local import STATE
from deploy.local.stack import Stack, outside_servers
from deploy.local.trouble import StackTrouble
from deploy.samples.desk import Desk, Sample
from deploy.samples.people import a_consent, a_content
from deploy.samples.reports import sample_reports

Patience = Annotated[float, typer.Option(help="Seconds after which an end that has not come counts as missing.")]
WIDE = 230
ONE_MORE = "one-more"
ITS_END = {"outcome": "accepted", "case": "yes", "told": "iscg", "referral": "cidff", "log": "yes"}
WHERE_NEXT = f"""\
The services are stopped, the servers stay until make down. Look next:
  {STATE / "smtp" / "mail" / "new"}: every mail; {STATE / "receivers"}: what a device and a partner's software were told
  {STATE / "log"}: what each service said, one JSON a line
  {PYTHON} -m deploy.demo keep: the services again, until Ctrl-C; {PYTHON} -m deploy.demo report: one more journey
  docs/event-map.md: who says what to whom; docs/verify-the-log.md: how an auditor checks alone"""
IN_USE = (
    "Another demo runs on this stack, or keeps its house open. End it first (Ctrl-C there), "
    "or name another folder by RELAIS_STATE to have a house beside it."
)
ITS_COMMAND = f"""\
./relais in another terminal works on this house; for what needs somebody to sign in:
  RELAIS_TOKEN=$({PYTHON} -m deploy.demo token operator) ./relais set-aside list"""
NOTHING = dict.fromkeys(("reason", "warning", "repeats", "set_aside"), "")

console = Console(highlight=False)
if not console.is_terminal:
    console.width = WIDE
app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, help=__doc__)


@app.callback(invoke_without_command=True)
def demo(context: typer.Context, patience: Patience = 90.0) -> None:
    """Send every sample, as two integrators' software would, and watch all of them to their ends."""
    if context.invoked_subcommand is None:
        with _a_house() as house:
            samples = sample_reports(published_keys(house), uuid4(), datetime.now(UTC))
            raise typer.Exit(0 if play(house, samples, read_expected(), patience) else 1)


@app.command()
def report(patience: Patience = 90.0) -> None:
    """Send one more report, and watch its journey."""
    with _a_house() as house:
        sample = one_more(Desk(published_keys(house), uuid4(), datetime.now(UTC)))
        raise typer.Exit(0 if play(house, [sample], {ONE_MORE: {**NOTHING, **ITS_END}}, patience) else 1)


@app.command()
def keep() -> None:
    """Open the house and keep it open, to look around in it, until Ctrl-C. A service that ends is started again."""
    with _a_house(devices=False) as house:
        for what, where in house.places().items():
            console.print(f"{what}: {where}", soft_wrap=True)
        console.print(ITS_COMMAND, soft_wrap=True)
        with suppress(KeyboardInterrupt):
            house.keeper(_say).keep()


@app.command()
def token(who: str) -> None:
    """Print an access token of somebody in the samples, while the house is open. Example: … token coordinator-31"""
    house = House(Stack(STATE))
    try:
        typer.echo(house.token(who))
    except (OSError, httpx.HTTPError, ValueError):
        raise typer.BadParameter("nobody of that name, or the house is not open") from None


@app.command()
def secret(who: str) -> None:
    """Print by what somebody in the samples signs in at the local issuer. Example: … secret gendarmerie"""
    house = House(Stack(STATE))
    try:
        typer.echo(house.secret(who))
    except (OSError, ValueError):
        raise typer.BadParameter("nobody of that name, or the house was never open") from None


def play(
    house: House,
    samples: Sequence[Sample],
    expected: Mapping[str, End],
    patience: float,
    meanwhile: Callable[[Run], None] = lambda _run: None,
) -> bool:
    """Send, watch, and show what is left. Returns whether every end is the expected one and the log holds.

    `meanwhile` is called each time that something may have changed.
    """
    run = Run(expected, house.book())
    with Live(console=console, refresh_per_second=4, transient=True) as live:

        def look(run: Run) -> None:
            live.update(show_run(run))
            meanwhile(run)

        asyncio.run(follow(house, samples, run, patience, look))
    console.print(journeys_table(run.journeys(), run.history))
    wrong = run.wrong()
    if wrong:
        console.print(disagreements_table(wrong), run.trouble)
    agreed = len(expected) - len({each.sample for each in wrong})
    console.print(f"{agreed} of {len(expected)} samples ended as expected.")
    holds = leave(console, house, run)
    return holds and not wrong


def one_more(desk: Desk) -> Sample:
    """A report of a person who agreed to be called, and to a partner."""
    content = a_content(999, desk.now, a_consent("given", "cidff"))
    return desk.report(ONE_MORE, "GN-31-0412", content, urgency="urgent")


def _say(what: str) -> None:
    console.print(what, soft_wrap=True, markup=False)


@contextmanager
def _a_house(*, devices: bool = True) -> Iterator[House]:
    """The house on this checkout's stack, closed at the end; its troubles told in a sentence."""
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    with _alone():
        yield from _opened(devices=devices)


@contextmanager
def _alone() -> Iterator[None]:
    """Two demos on one stack would stop each other's services, and start them again."""
    STATE.mkdir(parents=True, exist_ok=True)
    with (STATE / "house.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            console.print(f"[red]{IN_USE}[/red]", soft_wrap=True)
            raise typer.Exit(1) from None
        yield


def _opened(*, devices: bool) -> Iterator[House]:
    outside = {name: at for name, at in outside_servers(os.environ).items() if name != "RELAIS_SMTP"}
    try:
        house = House(Stack(STATE, say=console.print, outside=outside), devices=devices)
        try:
            house.open()
            yield house
        finally:
            house.close()
    except (StackTrouble, httpx.HTTPError, KafkaError) as trouble:
        console.print(f"[red]{escape(str(trouble))}[/red]", soft_wrap=True)
        raise typer.Exit(1) from None
    finally:
        console.print(WHERE_NEXT, soft_wrap=True)


if __name__ == "__main__":
    # Services must not outlive a demo that is told to end.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    app(prog_name="python -m deploy.demo")
