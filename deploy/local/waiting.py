"""Waiting for a server that has been started, no longer than is sensible."""

import time
from collections.abc import Callable

from deploy.local.process import Process
from deploy.local.trouble import StackTrouble

PAUSE = 0.05


def wait_for(process: Process, is_ready: Callable[[], bool], within: float = 60.0) -> None:
    """Return when it is ready. Raises `StackTrouble` if it ends before, or takes too long."""
    until = time.monotonic() + within
    while not is_ready():
        process.check_alive()
        if time.monotonic() > until:
            raise StackTrouble(f"{process.name} did not answer within {within:.0f} s: see {process.log}.")
        time.sleep(PAUSE)
