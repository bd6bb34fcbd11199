"""Which port each server of a stack answers on: the wished one, the one it had, or any free one."""

import json
import random
import socket
from pathlib import Path
from threading import Lock

from deploy.local.trouble import StackTrouble

# Below the range from which the kernel takes ports for outgoing connections: those come and go at any time.
CANDIDATES = range(20_000, 32_000)


class Ports:
    """The ports of one stack, kept in a file so that a server comes back where it was."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._lock = Lock()

    def known(self) -> dict[str, int]:
        """The ports chosen so far, by server."""
        return dict(json.loads(self._file.read_text())) if self._file.exists() else {}

    def choose(self, name: str, wished: int | None = None) -> int:
        """The port it had, else the wished one, else any: the first that is free."""
        with self._lock:
            known = self.known()
            port = next((port for port in (known.get(name), wished) if port and is_free(port)), None) or free_port()
            self._file.parent.mkdir(parents=True, exist_ok=True)
            # Others read it without the lock: they must find it whole.
            partial = self._file.with_suffix(".partial")
            partial.write_text(json.dumps(known | {name: port}, indent=2))
            partial.rename(self._file)
            return port

    def keep(self, name: str) -> int:
        """The port it had, else any that is free. Raises `StackTrouble` where somebody else has taken it.

        Members of a cluster know each other by their ports: one that moved would be a stranger.
        """
        had = self.known().get(name)
        if had and not is_free(had):
            raise StackTrouble(
                f"{name} needs port {had} again, and another program listens there. "
                "End that program, or make clean: the cluster's data then goes."
            )
        return had or self.choose(name)


def is_free(port: int) -> bool:
    """Whether a server could listen there on loopback."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def free_port() -> int:
    """A port where nobody listens; by chance, so that two stacks that start at once hardly meet."""
    for port in random.sample(CANDIDATES, 200):
        if is_free(port):
            return port
    raise StackTrouble("No free port was found between 20000 and 32000 on 127.0.0.1.")


def answers(port: int) -> bool:
    """Whether somebody listens there."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
