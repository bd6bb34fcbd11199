"""What all servers of a local stack have in common."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Generic, TypeVar

from deploy.local.ports import Ports
from deploy.local.process import Process
from deploy.local.software import Say


class Startable(ABC):
    """What clients find at one address of a setting: a server, or several that form one."""

    name: str

    @property
    @abstractmethod
    def address(self) -> str:
        """Where clients find it."""

    @property
    @abstractmethod
    def processes(self) -> Sequence[Process]:
        """The processes that it consists of."""

    @abstractmethod
    def listens_on(self) -> Sequence[int]:
        """The ports at which clients find it; none before its first start."""

    @abstractmethod
    def start(self) -> None:
        """Start what of it does not run, and return when it does its work. Raises `StackTrouble`."""

    def is_running(self) -> bool:
        """Whether all of it runs."""
        return all(process.is_running() for process in self.processes)


class Server(Startable):
    """One server of a stack, in its own process, with a folder and ports that it finds again after any end."""

    def __init__(self, name: str, folder: Path, ports: Ports, say: Say) -> None:
        self.name = name
        self.process = Process(name, folder)
        self.folder = folder / name
        self.ports, self.say = ports, say

    @property
    def processes(self) -> Sequence[Process]:
        """Its one process."""
        return (self.process,)

    def start(self) -> None:
        """Start it, unless it runs, and return when it does its work. Raises `StackTrouble`."""
        if not self.process.is_running():
            self.start_anew()

    @abstractmethod
    def start_anew(self) -> None:
        """Start it; it does not run."""

    @property
    def port(self) -> int:
        """The port that was chosen for it."""
        return self.ports.known()[self.name]

    def listens_on(self) -> Sequence[int]:
        """Its one port, once it was chosen."""
        return [port for port in [self.ports.known().get(self.name)] if port]

    def stop(self) -> None:
        """End it in order."""
        self.process.stop()

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.kill()


class Member(Server):
    """A server that does its work only together with others: it is launched first, and waited for afterwards."""

    def start_anew(self) -> None:
        """Start it, and return when it does its work. Raises `StackTrouble`."""
        self.launch()
        self.wait()

    @abstractmethod
    def launch(self) -> None:
        """Start it and return at once."""

    @abstractmethod
    def wait(self) -> None:
        """Return when it does its work. Raises `StackTrouble`."""


M = TypeVar("M", bound=Member)


class Cluster(Startable, Generic[M]):
    """Servers of one kind that hold the same data."""

    def __init__(self, name: str, members: Sequence[M]) -> None:
        self.name, self.members = name, members

    @property
    def processes(self) -> Sequence[Process]:
        """One process a member."""
        return [member.process for member in self.members]

    def listens_on(self) -> Sequence[int]:
        """The ports of all members; none before their first start."""
        return [port for member in self.members for port in member.listens_on()]

    def start(self) -> None:
        """Start the members that do not run, and return when all do their work. Raises `StackTrouble`."""
        away = [member for member in self.members if not member.process.is_running()]
        self.prepare()
        with ThreadPoolExecutor() as side_by_side:
            list(side_by_side.map(lambda member: member.launch(), away))
            list(side_by_side.map(lambda member: member.wait(), away))
        self.form()

    @abstractmethod
    def prepare(self) -> None:
        """Choose what members must know of each other before any of them starts."""

    @abstractmethod
    def form(self) -> None:
        """Make them one, where they are not yet, and return when it takes writes."""
