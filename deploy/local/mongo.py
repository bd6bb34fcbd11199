"""A real MongoDB on loopback: a replica set of one, because transactions need a replica set."""

import os
import shutil
from pathlib import Path
from typing import Any

from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

from deploy.local.prerequisites import check_mongod
from deploy.local.server import Member
from deploy.local.software import Say, packaged_mongod
from deploy.local.waiting import wait_for

PORT = 27017
REPLICA_SET = "rs0"
OPTIONS = (
    *("--replSet", REPLICA_SET, "--bind_ip", "127.0.0.1", "--nounixsocket"),
    *("--wiredTigerCacheSizeGB", "0.25", "--oplogSize", "64"),
    # A transaction left open by a killed process must not hold its rows for the default minute.
    *("--setParameter", "transactionLifetimeLimitSeconds=10"),
    # By default a member that is asked to end goes on answering for 15 s, so that clients find another.
    *("--setParameter", "shutdownTimeoutMillisForSignaledShutdown=1000"),
)
NOT_YET_INITIALIZED = 94
Client = MongoClient[dict[str, Any]]


class Mongo(Member):
    """The database of a local stack: the only member of its set, unless it is a `SetMember`."""

    @property
    def address(self) -> str:
        """Where it answers, as a connection string."""
        return f"mongodb://127.0.0.1:{self.port}/?replicaSet={REPLICA_SET}"

    @property
    def host(self) -> str:
        """By what other members and clients know it."""
        return f"127.0.0.1:{self.port}"

    def launch(self) -> None:
        """Start it and return at once."""
        mongod = find_mongod(self.say)
        check_mongod(mongod)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.choose_port()
        self.say(f"Starting MongoDB ({self.name})")
        self.process.start([mongod, *OPTIONS, "--dbpath", self.folder, "--port", str(self.port)])

    def wait(self) -> None:
        """Return when it takes writes, made a replica set if it was none."""
        wait_for(self.process, lambda: self.process.listens_on(self.port))
        with self.connect() as client:
            wait_for(self.process, lambda: _takes_writes(client, self.host))

    def choose_port(self) -> None:
        """Choose a port that is free now."""
        self.ports.choose(self.name, PORT)

    def connect(self) -> Client:
        """A client of this member alone."""
        return Client(port=self.port, directConnection=True, serverSelectionTimeoutMS=5_000)


def find_mongod(say: Say) -> Path:
    """The mongod that `RELAIS_MONGOD` names, else the one of this machine, else the packaged one."""
    own = os.environ.get("RELAIS_MONGOD") or shutil.which("mongod")
    return Path(own) if own else packaged_mongod(say)


def config_of(client: Client) -> dict[str, Any] | None:
    """The configuration of its replica set; nothing where it is in none."""
    try:
        found: dict[str, Any] = client.admin.command("replSetGetConfig")["config"]
    except OperationFailure as error:
        if error.code != NOT_YET_INITIALIZED:
            raise
        return None
    return found


def _join(client: Client, host: str) -> None:
    """Make it the only member of its set, under the address that it has now."""
    config = config_of(client)
    if config is None:
        members = [{"_id": 0, "host": host}]
        client.admin.command("replSetInitiate", {"_id": REPLICA_SET, "members": members})
    elif config["members"][0]["host"] != host:
        config["members"][0]["host"] = host
        config["version"] += 1
        client.admin.command("replSetReconfig", config, force=True)


def _takes_writes(client: Client, host: str) -> bool:
    try:
        _join(client, host)
        return bool(client.admin.command("hello")["isWritablePrimary"])
    except PyMongoError:  # it closes connections and refuses commands while its role changes
        return False
