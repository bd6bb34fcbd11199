"""Servers as processes of their own: found again by a pid file, and never mistaken for somebody else's."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread, current_thread, main_thread

from pydantic import BaseModel, ConfigDict, ValidationError

from deploy.local.trouble import StackTrouble

PATIENCE = 20.0
POLL = 0.02
INTERRUPTS = (signal.SIGINT, signal.SIGTERM)
LISTENS = "0A"
"""The state of a listening socket in the tables of Linux."""

Command = Sequence[str | Path]


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Let Ctrl-C and SIGTERM wait for the end of the block: a process that nobody has noted would never be ended."""
    if current_thread() is not main_thread():
        yield
        return
    waiting: list[int] = []
    before = {each: signal.signal(each, lambda number, _frame: waiting.append(number)) for each in INTERRUPTS}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
        for number in waiting[:1]:
            signal.raise_signal(number)


class Birth(BaseModel):
    """What tells a process from a later one with the same pid: when it was born, and in which run of the machine."""

    model_config = ConfigDict(frozen=True)

    pid: int
    born: int
    boot: str


class Process:
    """One program that the stack keeps running. Its pid file and its log bear its name."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        self.log = folder / "log" / f"{name}.log"
        self._child: subprocess.Popen[bytes] | None = None
        self._pid_file = folder / "run" / f"{name}.json"

    def start(self, command: Command, env: Mapping[str, str] | None = None, cwd: Path | None = None) -> None:
        """Start it, unless it runs. It outlives the program that started it."""
        if self.is_running():
            return
        for file in (self.log, self._pid_file):
            file.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log, uninterrupted():
            child = subprocess.Popen(
                command, env=env, cwd=cwd, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
            self._child = child
            if birth := birth_of(child.pid):
                self._pid_file.write_text(birth.model_dump_json())
        # Nobody else would bury it if it ends before us.
        Thread(target=child.wait, name=f"waits for {self.name}", daemon=True).start()

    def pid(self) -> int | None:
        """Its pid, if it runs and is the process that was started here."""
        try:
            birth = Birth.model_validate_json(self._pid_file.read_bytes())
        except (FileNotFoundError, ValidationError):
            return None
        return birth.pid if birth_of(birth.pid) == birth else None

    def exit_status(self) -> int | None:
        """With which status it ended, if it was started through this very object; of a signal the negative number."""
        if self._child is None or self.is_running():
            return None
        # The thread that buries it may be about to learn the status.
        return self._child.wait(timeout=PATIENCE)

    def is_running(self) -> bool:
        """Whether it runs."""
        return self.pid() is not None

    def listens_on(self, port: int) -> bool:
        """Whether it is this very process that listens at a port of this machine."""
        pid = self.pid()
        return pid is not None and bool(_listening(pid, port) & _sockets_of(pid))

    def send(self, sent: signal.Signals) -> None:
        """Send it a signal, if it runs."""
        if pid := self.pid():
            with suppress(ProcessLookupError):  # it may end in this very moment
                os.kill(pid, sent)

    def stop(self, within: float = PATIENCE) -> None:
        """Ask it to end, and wait until it has; what does not end in time is killed."""
        self.send(signal.SIGTERM)
        self.send(signal.SIGCONT)  # one that a test has halted hears nothing until it goes on
        if not self._has_ended(within):
            self.kill()
        self._pid_file.unlink(missing_ok=True)

    def kill(self) -> None:
        """End it with no chance to tidy up, as a power cut would."""
        self.send(signal.SIGKILL)
        if not self._has_ended(PATIENCE):
            raise StackTrouble(f"{self.name} (pid {self.pid()}) does not even end when it is killed.")

    def check_alive(self) -> None:
        """Raise `StackTrouble`, with the end of its log, if it has ended by itself."""
        if not self.is_running():
            said = "\n  ".join(self.last_lines(8))
            raise StackTrouble(f"{self.name} has ended by itself. Its log, {self.log}, ends with:\n  {said}")

    def last_lines(self, count: int) -> list[str]:
        """What it said last."""
        return self.log.read_text("utf-8", "replace").splitlines()[-count:] if self.log.exists() else []

    def _has_ended(self, within: float) -> bool:
        until = time.monotonic() + within
        while self.is_running():
            if time.monotonic() > until:
                return False
            time.sleep(POLL)
        return True


def _listening(pid: int, port: int) -> set[str]:
    """The inodes of the sockets that listen at a port, whoever holds them."""
    found = set()
    for table in ("tcp", "tcp6"):
        with suppress(OSError):
            for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
                fields = line.split()
                if fields[3] == LISTENS and int(fields[1].rpartition(":")[2], 16) == port:
                    found.add(fields[9])
    return found


def _sockets_of(pid: int) -> set[str]:
    found = set()
    with suppress(OSError):  # it may end in this very moment
        for file in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(OSError):
                found.add(str(file.readlink()).removeprefix("socket:[").removesuffix("]"))
    return found


def birth_of(pid: int) -> Birth | None:
    """When a living process was born; nothing for one that has ended, be it a zombie."""
    there = Path(f"/proc/{pid}")
    try:
        # The program's name stands in parentheses and may hold spaces; fields are counted after it.
        fields = (there / "stat").read_text().rpartition(")")[2].split()
        # Its first thread may have ended while others still hold its ports and files.
        has_ended = fields[0] in "ZX" and len([*(there / "task").iterdir()]) <= 1
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if has_ended else Birth(pid=pid, born=int(fields[19]), boot=boot_id())


def boot_id() -> str:
    """This run of the machine."""
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
