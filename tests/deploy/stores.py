"""`docs/stores.md`, read."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from shared.contracts.topics import SERVICES

PAGE = Path(__file__).parents[2] / "docs/stores.md"
KIB = 1024


@dataclass(frozen=True, slots=True)
class Row:
    """A collection, or that of each service; the largest document; where the limit is named; what is kept above it."""

    name: str
    what: str
    kib: int
    named: tuple[str, ...]
    above: str

    def collections(self) -> list[str]:
        """The collections that it tells of, each with its service."""
        service, _, name = self.name.partition(".")
        return [f"{each}.{name}" for each in (SERVICES if service == "*" else (service,))]


@cache
def rows() -> tuple[Row, ...]:
    """Every row of the table."""
    lines = [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith("| `")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return tuple(
        Row(name.strip("`"), what, int(kib), tuple(re.findall("`([^`]+)`", named)), above)
        for name, what, kib, named, above in cells
    )


def table() -> dict[str, int]:
    """The largest document of each collection, in bytes."""
    return {name: row.kib * KIB for row in rows() for name in row.collections()}
