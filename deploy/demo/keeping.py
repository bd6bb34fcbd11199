"""Supervises the services of a house that is kept open: says at once which one has ended, and starts it again."""

import os
import signal
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

from deploy.local.process import Process
from deploy.local.software import Say
from deploy.local.trouble import StackTrouble

PAUSE, MOST_ENDS, WITHIN_SECONDS, LINES = 0.3, 3, 60.0, 5
UP = "python -m deploy.local up starts it again."
HOW_AGAIN = {"issuer": "End this with Ctrl-C and open the house again: it starts the issuer."}
HOPELESS = (os.EX_DATAERR, os.EX_CONFIG)
"""Statuses after which the same would happen again (docs/operations.md)."""


class Launched(Protocol):
    """What can be started again."""

    name: str
    process: Process

    def launch(self) -> None:
        """Start it and return at once."""


class Keeper:
    """Looks after services; `servers` are only watched, since whoever ends one wants to see what happens."""

    def __init__(
        self,
        services: Mapping[str, Launched],
        servers: Iterable[Process],
        say: Say,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._services, self._servers, self._say, self._clock = services, list(servers), say, clock
        self._ends: dict[str, list[float]] = defaultdict(list)
        self._gone: set[str] = set()

    def keep(self) -> None:
        """Look after them until somebody interrupts. Raises `StackTrouble` where starting again is no help."""
        while True:
            self.look()
            time.sleep(PAUSE)

    def look(self) -> None:
        """Look once."""
        for process in self._servers:
            self._watch(process)
        for service in self._services.values():
            if not service.process.is_running():
                self._start_again(service)

    def _watch(self, process: Process) -> None:
        if process.is_running():
            self._gone.discard(process.name)
        elif process.name not in self._gone:
            self._gone.add(process.name)
            self._say(f"{process.name} has ended. {HOW_AGAIN.get(process.name, UP)}")

    def _start_again(self, service: Launched) -> None:
        status, name = service.process.exit_status(), service.name
        said = "\n  ".join(
            [f"{name} has ended ({_named(status)}). Its log ends with:", *service.process.last_lines(LINES)]
        )
        now = self._clock()
        self._ends[name] = [at for at in self._ends[name] if now - at < WITHIN_SECONDS] + [now]
        if status in HOPELESS or len(self._ends[name]) >= MOST_ENDS:
            raise StackTrouble(said)
        self._say(f"{said}\nStarting {name} again")
        service.launch()


def _named(status: int | None) -> str:
    if status is None:
        return "status unknown"
    if status >= 0:
        return f"status {status}"
    return f"killed by {signal.Signals(-status).name}"
