"""What a run leaves to look at: a mail, a choice with its reasons, a set-aside record, the log and its check."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
from rich.console import Console, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from deploy.demo.following import Run
from deploy.demo.house import AUDITOR, OPERATOR, House
from deploy.demo.journey import Journey
from deploy.local import ROOT
from deploy.local.receivers import PUSH, WEBHOOK

PYTHON = Path(sys.executable).relative_to(ROOT) if Path(sys.executable).is_relative_to(ROOT) else sys.executable
SHOWN = {"email": "A mail to", PUSH: "On the device of", WEBHOOK: "In the software of"}
VERIFIER = ROOT / "tests" / "system" / "verify_log.py"


def leave(console: Console, house: House, run: Run) -> bool:
    """Print all of it. Returns whether the log holds, as a check that imports nothing of ours finds."""
    try:
        for title, what in _souvenirs(house, run):
            console.print(_panel(title, what))
        for each in (journey.set_aside[0] for journey in run.journeys() if journey.set_aside):
            # Outside of the frame and in one piece, so that it can be copied.
            console.print(_by_operator(each.subject), soft_wrap=True, markup=False)
            break
        console.print(_panel("The log's checkpoint", Text(house.ask("audit", "/checkpoint").text)))
    except httpx.HTTPError as error:
        console.print(f"A service does not answer ({type(error).__name__}): the rest can't be shown.", style="red")
    holds, found = check_log(house)
    console.print(_panel("What an auditor's own check says of the log", Text(found)))
    return holds


def check_log(house: House) -> tuple[bool, str]:
    """Whether the log holds, and what an auditor's own check says. It remembers the checkpoint it saw last time."""
    key = house.command("audit", "key").strip()
    memory = house.stack.folder / "log" / f"checkpoint{house.namespace}.seen"
    command: list[str | Path] = [sys.executable, VERIFIER, house.address("audit"), key]
    command += ["--token", house.token(AUDITOR), "--remember", memory]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    return done.returncode == 0, (done.stdout + done.stderr).strip()


def _panel(title: str, what: RenderableType) -> Panel:
    return Panel(what, title=title, title_align="left", expand=False)


def _souvenirs(house: House, run: Run) -> Iterator[tuple[str, RenderableType]]:
    journeys = run.journeys()
    for by, title in SHOWN.items():
        messages = [each for journey in journeys for each in journey.messages if each.by == by]
        if messages:
            yield f"{title} {run.book.ref_of(messages[0].to)}", Text(messages[0].text.strip())
    if assigned := [each for each in journeys if each.assigned and each.opened]:
        yield _choice(house, assigned[0])
    if aside := [each for each in journeys if each.set_aside]:
        yield "A record that was set aside, and how to treat it", _treatment(house, aside[0])


def _choice(house: House, journey: Journey) -> tuple[str, RenderableType]:
    """The choice as it is stored with the case and shown to the département's coordinator."""
    coordinator = f"coordinator-{journey.opened[0].members['departement'].lower()}"
    case = house.ask("referral", f"/v1/cases/{journey.case_id}", coordinator).json()
    explanation = case["assignments"][-1]["explanation"]
    table = Table("post", "ISCG", "covers the station", "next there", "in time", "load", box=None, pad_edge=False)
    for each in explanation["candidates"]:
        there = each.get("present_at", "not in 14 days")[:16]
        yes_or_no = ["yes" if each[member] else "no" for member in ("covers_station", "is_present")]
        table.add_row(each["post_id"], each["iscg_id"], yes_or_no[0], there, yes_or_no[1], str(each["load"]))
    title = f"Why {case['assignments'][-1]['iscg_id']} was given {case['urgency']} case {case['id'][:8]}"
    return f"{title}, as {coordinator} reads it: {explanation['rule']}", table


def _treatment(house: House, journey: Journey) -> RenderableType:
    """The record as the event and the operator's door tell of it: never its content."""
    event = journey.set_aside[0]
    [row] = [row for row in house.ask("intake", "/v1/set-aside", OPERATOR).json() if row["_id"] == event.subject]
    at = journey.sent.place
    return Text(
        f"{at.topic}, partition {at.partition}, offset {at.offset}: {row['reason']}, since {row['since']}.\n"
        f"Its bytes are kept sealed, and an alarm is raised: a person may be lost. Ask the station\n"
        f"what it meant; then, as an operator, while {PYTHON} -m deploy.demo keep runs, try it again\n"
        f"once its cause is mended, or give it up for good, by the lines below."
    )


def _by_operator(row_id: str) -> str:
    return (
        f"  export RELAIS_TOKEN=$({PYTHON} -m deploy.demo token {OPERATOR})\n"
        f"  ./relais set-aside replay {row_id}\n"
        f'  ./relais set-aside discard {row_id} --because "the station sends it again"'
    )
