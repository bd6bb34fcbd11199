"""The house in which a demo plays: the stack's servers, an issuer and the four services, with the sample roster."""

import json
import os
import shlex
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx

from deploy.demo.book import SAMPLES, AddressBook, read_book
from deploy.demo.devices import PARTNER, samples_with_devices
from deploy.demo.keeping import Keeper
from deploy.local import ROOT
from deploy.local.issuing import LocalIssuer
from deploy.local.services import HTTP_PORTS, Service
from deploy.local.software import Say
from deploy.local.stack import Stack
from deploy.local.trouble import StackTrouble

AUDITOR, OPERATOR = "log-auditor", "operator"
INSPECTORS = ("inspector-1", "inspector-2")
"""What one asks, another grants."""


class House:
    """Servers and services, and how to sign in to them. `namespace` parts several houses on the same servers.

    `devices`: an ISCG has a device, and a partner software, which are told first of all (`deploy.demo.devices`).
    `samples` is the folder of its registry and roster.
    """

    def __init__(self, stack: Stack, namespace: str = "", *, devices: bool = False, samples: Path = SAMPLES) -> None:
        self.stack, self.namespace = stack, namespace
        self._has_devices, self._samples = devices, samples
        self.issuer: LocalIssuer = stack.issuer(sample_roles())
        self.services: dict[str, Service] = {}

    def open(self) -> None:
        """Start everything, load the samples, and return when all services are ready. Raises `StackTrouble`.

        Where that fails, or Ctrl-C ends it, nothing is left of what this has started.
        """
        before = self.stack.running()
        try:
            self._open()
        except BaseException:
            with uninterrupted():
                self.stack.stop_all_but(before - {*HTTP_PORTS, self.issuer.name})
            raise

    def _open(self) -> None:
        self.stack.start()
        # An issuer that still runs may have been started for other clients.
        self.issuer.stop()
        self.issuer.start()
        if self._has_devices:
            self._samples = samples_with_devices(self.stack)
            self.stack.receivers.trust(self.command("partners", "webhook-secret", PARTNER))
        for words in (["migrate"], ["samples", "load", "--folder", str(self._samples)]):
            self.stack.say(f"relais {' '.join(words)}")
            self.command(*words)
        for name in HTTP_PORTS:
            service = self.stack.service(name, {})
            service.stop()
            # Links in mails lead to a door: its port must be known before anybody is told of it.
            service.choose_ports()
        self.services = {each.name: each for each in self.stack.start_services(self.settings())}
        self.write_environment()

    def write_environment(self) -> None:
        """For `./relais`: the settings of this house, and its doors unless the caller names others."""
        settings = {**self.stack.settings(), **self.settings()}
        lines = [f"{name}={shlex.quote(value)}" for name, value in sorted(settings.items())]
        doors = " ".join(self.address(name) for name in self.services)
        path = self.stack.folder / "house.env"
        path.touch(0o600)
        path.write_text("\n".join([*lines, f'RELAIS_URL="${{RELAIS_URL:-{doors}}}"', ""]))

    def close(self) -> None:
        """Stop the services and the issuer; the servers stay."""
        with uninterrupted():
            for server in (*self.services.values(), self.issuer):
                self.stack.say(f"Stopping {server.name}")
                server.stop()

    def keeper(self, say: Say) -> Keeper:
        """Who looks after the services while the house is kept open."""
        servers = [process for server in self.stack.servers.values() for process in server.processes]
        return Keeper(self.services, [*servers, self.issuer.process], say)

    def settings(self) -> dict[str, str]:
        """What the services are told besides where the servers are."""
        return {
            "RELAIS_NAMESPACE": self.namespace,
            "RELAIS_ISSUER": self.issuer.address,
            "RELAIS_AUDIT_ORIGIN": f"relais.example/log/{self.namespace or 'demo'}",
            "RELAIS_WEBHOOK_ANYWHERE": "true",
            "RELAIS_PUSH_ANYWHERE": "true",
            **self._links(),
        }

    def _links(self) -> dict[str, str]:
        """Where links lead, once referral's port is chosen; commands before that tell nobody of an address."""
        port = self.stack.ports.known().get("referral")
        return {"RELAIS_LINK_BASE": f"http://127.0.0.1:{port}"} if port else {}

    def command(self, *words: str) -> str:
        """What `relais …` prints, as an operator types it. Raises `StackTrouble` where it fails."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("RELAIS_")}
        environment = {**inherited, **self.stack.settings(), **self.settings()}
        done = subprocess.run(
            [sys.executable, "-m", "cli", *words],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise StackTrouble(f"relais {' '.join(words)} failed:\n  {(done.stderr or done.stdout).strip()}")
        return done.stdout

    def book(self) -> AddressBook:
        """Who is behind each address of its roster."""
        return read_book(self._samples)

    def address(self, service: str) -> str:
        """Where a service's HTTP door is."""
        return self.services[service].address

    def places(self) -> dict[str, str]:
        """Where everything is, for whoever looks around: doors, broker, mails, and the key of the log."""
        doors = {name: self.address(name) for name in self.services}
        servers = {
            "kafka": self.stack.settings()["RELAIS_KAFKA"],
            "issuer": self.issuer.address,
            "mails": str(self.stack.folder / "smtp" / "mail" / "new"),
            "sms": str(self.stack.sms.taken),
        }
        return {**doors, **servers, "log key": self.command("audit", "key").strip()}

    def token(self, client_id: str) -> str:
        """An access token of the local issuer, good for half an hour."""
        who = (client_id, self.secret(client_id))
        answer = httpx.post(f"{self.issuer.address}/token", data={"grant_type": "client_credentials"}, auth=who)
        return str(answer.raise_for_status().json()["access_token"])

    def secret(self, client_id: str) -> str:
        """By what somebody in the samples signs in at the local issuer."""
        [secret] = [each.secret for each in self.issuer.config.clients if each.client_id == client_id]
        return secret.get_secret_value() if secret else ""

    def ask(self, service: str, path: str, client_id: str | None = None) -> httpx.Response:
        """What a service answers at a door. Raises `httpx.HTTPError`."""
        headers = {"authorization": f"Bearer {self.token(client_id)}"} if client_id else {}
        return httpx.get(f"{self.address(service)}{path}", headers=headers, timeout=10).raise_for_status()


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Finish what is within, however often somebody types Ctrl-C."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {each: signal.signal(each, signal.SIG_IGN) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def sample_roles() -> Mapping[str, list[str]]:
    """Everybody in the samples who may sign in, and as what."""
    registry, roster = (json.loads((SAMPLES / name).read_text("utf-8")) for name in ("registry.json", "roster.json"))
    return {
        **{each["code"]: ["integrator"] for each in registry["integrators"]},
        **{each["iscg"]["signs_in_as"]: ["iscg"] for each in roster["posts"]},
        **{each["signs_in_as"]: ["coordinator"] for each in roster["coordinators"]},
        **{each["signs_in_as"]: ["partner"] for each in roster["partners"]},
        AUDITOR: ["log-auditor"],
        OPERATOR: ["operator"],
        "witness": ["witness"],
        "statistician": ["statistician"],
        **{each: ["inspector"] for each in INSPECTORS},
    }
