"""The four services as processes on a stack, as `python -m services.<name>` starts them anywhere."""

import os
import sys
import urllib.error
import urllib.request
from collections.abc import Iterable, Mapping
from pathlib import Path

from deploy.local import ROOT
from deploy.local.ports import Ports
from deploy.local.server import Server
from deploy.local.software import Say
from deploy.local.waiting import wait_for

HTTP_PORTS = {"intake": 8101, "referral": 8102, "notification": 8103, "audit": 8104}
"""The services, and where their doors open by default; metrics are served a thousand further up."""


class Service(Server):
    """One instance of a service, named `referral` or `referral-2`.

    `settings` are its `RELAIS_…` variables; no others reach it.
    """

    def __init__(self, name: str, folder: Path, ports: Ports, say: Say, *, settings: Mapping[str, str]) -> None:
        super().__init__(name, folder, ports, say)
        self.service, self.settings = name.partition("-")[0], settings

    @property
    def address(self) -> str:
        """Where its HTTP door is."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def metrics_address(self) -> str:
        """Where its metrics are served."""
        return f"http://127.0.0.1:{self.ports.known()[f'{self.name}-metrics']}/metrics"

    def start_anew(self) -> None:
        """Start it, and return when it says that it is ready."""
        self.launch()
        wait_for(self.process, self.is_ready)

    def launch(self) -> None:
        """Start it and return at once."""
        wished = HTTP_PORTS[self.service]
        own = {
            "RELAIS_INSTANCE": self.name,
            "RELAIS_HTTP_PORT": str(self.ports.choose(self.name, wished)),
            "RELAIS_METRICS_PORT": str(self.ports.choose(f"{self.name}-metrics", wished + 1000)),
        }
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("RELAIS_")}
        self.say(f"Starting {self.name}")
        self.process.start(self.command(), {**inherited, **own, **self.settings}, cwd=ROOT)

    def command(self) -> list[str]:
        """What is run."""
        return [sys.executable, "-m", f"services.{self.service}"]

    def is_ready(self) -> bool:
        """Whether it consumes, reaches its database and has its doors open."""
        try:
            with urllib.request.urlopen(f"{self.address}/readyz", timeout=3) as answer:  # noqa: S310 # our own address
                return bool(answer.status == 200)
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            return False


def start_together(services: Iterable[Service]) -> None:
    """Start several at once, and return when all of them are ready."""
    launched = [service for service in services if not service.process.is_running()]
    for service in launched:
        service.launch()
    for service in launched:
        wait_for(service.process, service.is_ready)
