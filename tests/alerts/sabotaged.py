"""A service in which jobs can be broken: `python -m tests.alerts.sabotaged <service> <file>`.

The file names the jobs that fail from now on. Jobs that are done each minute or hour are done each second here.
"""

import runpy
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from deploy.local.services import Service
from shared.delivery.lease import DueRows, Row
from shared.delivery.periodic import Job, PeriodicTask
from shared.watch.tasks import Tasks

SECOND, TEN_SECONDS = 1.0, 10.0
ROW = "perform-"


class SabotagedService(Service):
    """One of the four services, some of whose jobs fail."""

    @property
    def broken(self) -> Path:
        """The file that names them."""
        return self.process.log.with_suffix(".broken")

    def break_job(self, *names: str) -> None:
        """Let these jobs fail from now on, and no others."""
        self.broken.write_text(" ".join(names))

    def command(self) -> list[str]:
        """What is run."""
        self.broken.touch()
        return [sys.executable, "-m", "tests.alerts.sabotaged", self.service, str(self.broken)]


class Broken(Exception):
    """Somebody has broken this job."""


class BrokenLeases:
    """Rows that nobody can claim."""

    async def claim(self, _most: int) -> Sequence[Row]:
        raise OSError(5, "broken")


def sabotage(file: Path) -> None:
    """Let the jobs that a file names fail."""
    make, claim, perform = PeriodicTask.__init__, DueRows._claim, DueRows._perform_one

    def is_broken(name: str) -> bool:
        return name in file.read_text().split()

    def make_fragile(task: PeriodicTask, tasks: Tasks, name: str, job: Job, every: float = SECOND, **more: Any) -> None:
        async def do() -> None:
            if is_broken(name):
                raise Broken
            await job()

        make(task, tasks, name, do, every if every <= TEN_SECONDS else SECOND, **more)

    async def claim_fragile(rows: DueRows) -> Sequence[Row]:
        leases = rows._leases
        if is_broken(rows._status.name):
            rows._leases = BrokenLeases()  # type: ignore[assignment] # enough of it
        try:
            return await claim(rows)
        finally:
            rows._leases = leases

    async def perform_fragile(rows: DueRows, row: Row) -> None:
        async def fail(_row: Row) -> None:
            raise Broken

        whole = rows._perform
        if is_broken(ROW + rows._status.name):
            rows._perform = fail
        try:
            await perform(rows, row)
        finally:
            rows._perform = whole

    patched = {(PeriodicTask, "__init__"): make_fragile, (DueRows, "_claim"): claim_fragile}
    for (kind, name), fragile in {**patched, (DueRows, "_perform_one"): perform_fragile}.items():
        setattr(kind, name, fragile)


if __name__ == "__main__":
    sabotage(Path(sys.argv.pop()))
    runpy.run_module(f"services.{sys.argv.pop()}", run_name="__main__", alter_sys=True)
