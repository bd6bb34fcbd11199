"""What a run leaves to look at: a mail, a choice with its reasons, a set-aside record, the log and its check."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console, RenderableType
from rich.panel import Panel
from rich.table import Table

from deploy.demo.following import Run
from deploy.demo.house import AUDITOR, OPERATOR, House
from deploy.demo.journey import Journey
from deploy.local import ROOT

VERIFIER = ROOT / "tests" / "system" / "verify_log.py"


def leave(console: Console, house: House, run: Run) -> bool:
    """Print all of it. Returns whether the log holds, as a check that imports nothing of ours finds."""
    for title, what in _souvenirs(house, run):
        console.print(Panel(what, title=title, title_align="left"))
    checkpoint = house.ask("audit", "/checkpoint").text
    holds, found = check_log(house)
    console.print(Panel(f"{checkpoint}\n{found}", title="The log's checkpoint, and its check", title_align="left"))
    return holds


def check_log(house: House) -> tuple[bool, str]:
    """Whether the log holds, and what an auditor's own check says. It remembers the checkpoint it saw last time."""
    key = house.command("audit", "key").strip()
    memory = house.stack.folder / "log" / f"checkpoint{house.namespace}.seen"
    command: list[str | Path] = [sys.executable, VERIFIER, house.address("audit"), key]
    command += ["--token", house.token(AUDITOR), "--remember", memory]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    return done.returncode == 0, (done.stdout + done.stderr).strip()


def _souvenirs(house: House, run: Run) -> Iterator[tuple[str, RenderableType]]:
    journeys = run.journeys()
    held = [each for each in journeys if each.assigned and each.mails]
    if held:
        yield "A mail that an ISCG received", held[0].mails[0].text
        case = max(held, key=lambda each: len(_explanation(house, each)["candidates"]) if each is held[0] else 0)
        yield f"Why {case.assigned[0].members['iscg_id']} got this case", _choice(house, case)
    aside = [each for each in journeys if each.set_aside]
    if aside:
        yield "A record that was set aside, and how to treat it", _treatment(house, aside[0])
