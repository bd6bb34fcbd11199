"""One whole set of servers in one folder: a developer's, or a test's own."""

import fcntl
import json
import shlex
import shutil
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from deploy.local import STATE
from deploy.local.dev_secrets import make_secrets
from deploy.local.issuing import LocalIssuer
from deploy.local.kafka import Kafka
from deploy.local.kafka_cluster import NO_QUORUM_PATIENCE, KafkaCluster, is_node
from deploy.local.mongo import Mongo
from deploy.local.mongo_cluster import MongoCluster
from deploy.local.ports import Ports, answers
from deploy.local.process import PATIENCE, Process
from deploy.local.receivers import Receivers
from deploy.local.server import Startable
from deploy.local.services import HTTP_PORTS, Service, start_together
from deploy.local.sms import Sms
from deploy.local.smtp import Smtp
from deploy.local.software import Say
from deploy.local.trouble import StackTrouble

WRITTEN = (
    *("kafka", "kafka-1", "kafka-2", "kafka-3", "kafka-quorum.json", "mongo", "mongo-1", "mongo-2", "mongo-3"),
    *("smtp", "sms", "receivers", "issuer", "samples"),
    *("log", "run", "secrets", "ports.json", "stack.json", "stack.env", "house.env"),
)
"""What a stack writes into its folder: all this, and nothing else, is removed by `clean`."""

SERVERS = ("kafka", "mongo", "smtp", "sms", "receivers")
"""What others need until they have ended; of a cluster, `kafka-1` and so on."""

SETTINGS = ("RELAIS_KAFKA", "RELAIS_MONGO", "RELAIS_SMTP", "RELAIS_SMS_GATEWAY")
"""The settings that name the addresses of these servers."""


def say_nothing(_what: str) -> None:
    """Where nobody watches."""


class Stack:
    """Kafka, MongoDB, a mail server and an SMS gateway, and the services started on them.

    `receivers`, what webhooks and Web Push reach, starts only where somebody is to be told by them.

    `cluster`: three brokers and three members of a replica set; unless it is said, whatever runs in this folder.

    `outside` names servers that somebody else runs (`RELAIS_KAFKA`, `RELAIS_MONGO`, `RELAIS_SMTP`,
    `RELAIS_SMS_GATEWAY`): they are used as they are, and no server is started in their place.
    """

    def __init__(
        self,
        folder: Path = STATE,
        say: Say = say_nothing,
        outside: Mapping[str, str] | None = None,
        *,
        cluster: bool | None = None,
    ) -> None:
        self.folder, self.say, self.outside = folder.resolve(), say, dict(outside or {})
        self.ports = Ports(self.folder / "ports.json")
        self.kafka = Kafka("kafka", self.folder, self.ports, say)
        self.mongo = Mongo("mongo", self.folder, self.ports, say)
        self.brokers = KafkaCluster(self.folder, self.ports, say)
        self.members = MongoCluster(self.folder, self.ports, say)
        self.is_cluster = self._has_cluster() if cluster is None else cluster
        self.smtp = Smtp("smtp", self.folder, self.ports, say)
        self.sms = Sms("sms", self.folder, self.ports, say)
        self.receivers = Receivers("receivers", self.folder, self.ports, say)

    @property
    def servers(self) -> dict[str, Startable]:
        """The servers that this stack runs itself, by the setting that names their address."""
        storing = (self.brokers, self.members) if self.is_cluster else (self.kafka, self.mongo)
        every: tuple[Startable, ...] = (*storing, self.smtp, self.sms)
        named = zip(SETTINGS, every, strict=True)
        return {setting: server for setting, server in named if setting not in self.outside}

    def start(self) -> None:
        """Start what does not run, and return when all of it does its work. Raises `StackTrouble`.

        Where one can't start, nothing is left of what this has started.
        """
        self._check_alone()
        with self._alone():
            before = self.running()
            try:
                with ThreadPoolExecutor() as side_by_side:
                    list(side_by_side.map(lambda server: server.start(), self.servers.values()))
            except BaseException:  # Ctrl-C too
                self.stop_all_but(before)
                raise
            self._write()

    def reach(self, setting: str) -> str:
        """The address of one server, started if it is this stack's own."""
        if setting in self.outside:
            return self.outside[setting]
        server = self.servers[setting]
        server.start()
        return server.address

    def owns(self, setting: str, address: str) -> bool:
        """Whether an address leads to a server of this stack: never where that one is down and another answers."""
        server = self.servers[setting]
        if not server.listens_on() or server.address != address:
            return False
        runs = any(process.is_running() for process in server.processes)
        return runs or not any(answers(port) for port in server.listens_on())

    def stop(self) -> None:
        """End everything that was started in this folder, services first."""
        with self._alone():
            self.stop_all_but(set())

    def started(self) -> list[Process]:
        """Every process that was started in this folder and not stopped, whether or not it still runs."""
        return [Process(file.stem, self.folder) for file in (self.folder / "run").glob("*.json")]

    def clean(self) -> None:
        """End everything and remove all that it has written; what was downloaded stays."""
        self.stop()
        for path in (self.folder / name for name in WRITTEN):
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)

    def settings(self) -> dict[str, str]:
        """The settings with which services find these servers and their secrets."""
        addresses = {setting: server.address for setting, server in self.servers.items() if server.listens_on()}
        trial = {"RELAIS_TRIAL": "true"}
        if "RELAIS_SMS_GATEWAY" in addresses:
            trial["RELAIS_SMS_ANYWHERE"] = "true"
        return {**self.outside, **addresses, **trial, **make_secrets(self.folder / "secrets")}

    def issuer(self, roles: Mapping[str, Sequence[str]]) -> LocalIssuer:
        """A token issuer beside this stack, for these clients and their roles."""
        return LocalIssuer(self.folder, self.ports, self.say, roles)

    def service(self, name: str, settings: Mapping[str, str]) -> Service:
        """A service on this stack, `referral` or a second `referral-2`; `settings` go before the stack's own."""
        return Service(name, self.folder, self.ports, self.say, settings={**self.settings(), **settings})

    def start_services(self, settings: Mapping[str, str], names: tuple[str, ...] = tuple(HTTP_PORTS)) -> list[Service]:
        """Start services, and return when they are ready; where one can't start, none is left behind."""
        services = [self.service(name, settings) for name in names]
        try:
            start_together(services)
        except BaseException:  # Ctrl-C too
            for service in services:
                service.stop()
            raise
        return services

    def stop_all_but(self, names: AbstractSet[str]) -> None:
        """End what was started in this folder and is not named, services first."""
        for process in sorted(self.started(), key=is_server):
            if process.name not in names:
                self.say(f"Stopping {process.name}")
                process.stop(NO_QUORUM_PATIENCE if is_node(process) else PATIENCE)

    def running(self) -> set[str]:
        """The names of all that runs in this folder."""
        return {process.name for process in self.started() if process.is_running()}

    def _has_cluster(self) -> bool:
        return any(each.is_running() for each in (*self.brokers.processes, *self.members.processes))

    def _check_alone(self) -> None:
        """One Kafka and three have other data: a stack that has both would write now here, now there."""
        others = (self.kafka, self.mongo) if self.is_cluster else (self.brokers, self.members)
        if running := [process.name for other in others for process in other.processes if process.is_running()]:
            wished = "make up CLUSTER=1" if self.is_cluster else "make up"
            names = " and ".join(running)
            raise StackTrouble(f"{names} run here already, with other data: make down, then {wished}.")

    def _write(self) -> None:
        settings = self.settings()
        (self.folder / "stack.json").write_text(json.dumps(settings, indent=2) + "\n")
        lines = (f"{name}={shlex.quote(value)}\n" for name, value in sorted(settings.items()))
        (self.folder / "stack.env").write_text("".join(lines))

    @contextmanager
    def _alone(self) -> Iterator[None]:
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


def is_server(process: Process) -> bool:
    """Whether others need it until they have ended."""
    return process.name.partition("-")[0] in SERVERS


def outside_servers(environment: Mapping[str, str], folder: Path = STATE) -> dict[str, str]:
    """The servers of their own that somebody wants used; a stack's own addresses, exported by its user, are none."""
    stack = Stack(folder)
    named = {name: environment.get(name) for name in SETTINGS}
    return {name: value for name, value in named.items() if value and not stack.owns(name, value)}
