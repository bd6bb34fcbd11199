"""What a benchmark has found: one row a measure, with its floor beside it."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles

from rich.table import Table


@dataclass(frozen=True)
class Row:
    """One measure: what, of the floor, of ours, how ours stands to the floor or the goal, and what was asked."""

    what: str
    floor: str
    ours: str
    ratio: str
    goal: str


def table(rows: Sequence[Row]) -> Table:
    """All rows, as they are pasted into `docs/benchmarks.md`."""
    shown = Table("measure", "floor", "ours", "ratio", "goal")
    for row in rows:
        shown.add_row(row.what, row.floor, row.ours, row.ratio, row.goal)
    return shown


def percentiles(seconds: Sequence[float]) -> dict[int, float]:
    """p50, p95 and p99, in milliseconds."""
    cuts = quantiles(seconds, n=100)
    return {p: cuts[p - 1] * 1000 for p in (50, 95, 99)}


@dataclass(frozen=True)
class Used:
    """What a process had used of the machine at one moment: seconds of processor time, bytes of memory.

    `pss` is its proportional share, in which shared pages count once; `rss` all that it has in memory.
    """

    at: float
    cpu: float
    pss: int
    rss: int

    def cores_since(self, before: "Used") -> float:
        """How much of one core it used since then."""
        return (self.cpu - before.cpu) / (self.at - before.at)


def used(pid: int) -> Used:
    """What a living process has used so far."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    kib = {name: int(size) for name, size, *_ in map(str.split, rollup)}
    return Used(time.monotonic(), cpu_seconds(pid), kib["Pss:"] * 1024, kib["Rss:"] * 1024)


def cpu_seconds(pid: int) -> float:
    """Seconds of processor time that a living process has used so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


def peak(pid: int) -> int:
    """The most bytes that a living process has ever had in memory."""
    [most] = [line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmHWM:")]
    return int(most.split()[1]) * 1024
