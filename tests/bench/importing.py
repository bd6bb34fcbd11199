"""How long `relais roster import` of a country's roster takes, for the first time and again."""

import time
from collections.abc import Callable
from pathlib import Path

from deploy.demo.house import House
from deploy.local.stack import Stack
from tests.bench.roster import write_country
from tests.bench.rows import Row


def measure(stack: Stack, say: Callable[[str], None]) -> list[Row]:
    """Both, with the start of the command, and until every station has been told; nothing else runs but the servers."""
    house, roster = House(stack), write_country(stack.folder / "country") / "roster.json"
    house.issuer.start()
    try:
        house.command("migrate")
        return [_row(house, roster, what, say) for what in ("for the first time", "again, and nothing changes")]
    finally:
        house.issuer.stop()


def _row(house: House, roster: Path, what: str, say: Callable[[str], None]) -> Row:
    say(f"Import: a country's roster {what}")
    started = time.monotonic()
    house.command("roster", "import", str(roster), "--reason", "opening", "--by", "coordinator-31", "--yes")
    return Row(f"`relais roster import` of a country {what}", "", f"{time.monotonic() - started:.1f} s", "", "≤ 5 s")
