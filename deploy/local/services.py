"""The four services as processes on a stack, as `python -m services.<name>` starts them anywhere."""

import json
import os
import sys
import urllib.error
import urllib.request
from collections.abc import Iterable, Mapping
from http.client import HTTPException
from pathlib import Path
from typing import Any
from uuid import uuid4

from deploy.local import ROOT
from deploy.local.ports import Ports
from deploy.local.server import Server
from deploy.local.software import Say
from deploy.local.trouble import StackTrouble
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
        self._start_id = ""

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
        self.choose_ports()
        self.launch()
        wait_for(self.process, self.is_ready)

    def choose_ports(self) -> None:
        """Choose its ports before it starts: from now on its address is known, and links may lead there."""
        wished = HTTP_PORTS[self.service]
        self.ports.choose(self.name, wished)
        self.ports.choose(f"{self.name}-metrics", wished + 1000)

    def launch(self) -> None:
        """Start it at its chosen ports, and return at once. Where one was taken since, it ends and says so."""
        if self.name not in self.ports.known():
            self.choose_ports()
        known = self.ports.known()
        self._start_id = uuid4().hex
        own = {
            "RELAIS_INSTANCE": self.name,
            "RELAIS_START_ID": self._start_id,
            "RELAIS_HTTP_PORT": str(known[self.name]),
            "RELAIS_METRICS_PORT": str(known[f"{self.name}-metrics"]),
        }
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("RELAIS_")}
        self.say(f"Starting {self.name}")
        self.process.start(self.command(), {**inherited, **own, **self.settings}, cwd=ROOT)

    def command(self) -> list[str]:
        """What is run."""
        return [sys.executable, "-m", f"services.{self.service}"]

    def is_ready(self) -> bool:
        """Whether it consumes, reaches its database, has its doors open. Raises `StackTrouble` if another answers."""
        try:
            with urllib.request.urlopen(f"{self.address}/readyz", timeout=3) as answer:  # noqa: S310 # our own address
                body = json.load(answer)
        except (urllib.error.URLError, TimeoutError, ConnectionError, HTTPException, ValueError):
            return False
        if body.get("start_id") != self._start_id:
            self.process.check_alive()
            raise StackTrouble(
                f"Not {self.name} answers at {self.address}, but {_name_of(body)}: end that program, then start again."
            )
        return True


def _name_of(body: Mapping[str, Any]) -> str:
    """Who answers, as far as it says so."""
    service, instance = body.get("service"), body.get("instance")
    return f"another {service} ({instance})" if service else "another program"


def start_together(services: Iterable[Service]) -> None:
    """Start several at once, and return when all of them are ready."""
    launched = [service for service in services if not service.process.is_running()]
    for service in launched:
        service.choose_ports()
    for service in launched:
        service.launch()
    for service in launched:
        wait_for(service.process, service.is_ready)
