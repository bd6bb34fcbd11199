"""What all servers of a local stack have in common."""

from abc import ABC, abstractmethod
from pathlib import Path

from deploy.local.ports import Ports
from deploy.local.process import Process
from deploy.local.software import Say


class Server(ABC):
    """One server of a stack, in its own process, with a folder and ports that it finds again after any end."""

    def __init__(self, name: str, folder: Path, ports: Ports, say: Say) -> None:
        self.name = name
        self.process = Process(name, folder)
        self.folder = folder / name
        self.ports, self.say = ports, say

    @property
    @abstractmethod
    def address(self) -> str:
        """Where clients find it."""

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

    def stop(self) -> None:
        """End it in order."""
        self.process.stop()

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.kill()
