"""A real MongoDB on loopback: a replica set, because transactions need one, of one member or of three."""

import os
import shutil
from pathlib import Path
from typing import Any

from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

from deploy.local.ports import Ports
from deploy.local.prerequisites import check_mongod
from deploy.local.server import Cluster, Member
from deploy.local.software import Say, packaged_mongod
from deploy.local.waiting import wait_for

PORT, MEMBERS = 27017, 3
REPLICA_SET = "rs0"
OPTIONS = (
    *("--replSet", REPLICA_SET, "--bind_ip", "127.0.0.1", "--nounixsocket"),
    *("--wiredTigerCacheSizeGB", "0.25", "--oplogSize", "64"),
    # A transaction left open by a killed process must not hold its rows for the default minute.
    *("--setParameter", "transactionLifetimeLimitSeconds=10"),
    # By default a member that is asked to end goes on answering for 15 s, so that clients find another.
    *("--setParameter", "shutdownTimeoutMillisForSignaledShutdown=1000"),
)
ELECTION_MS = 2_000
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


class SetMember(Mongo):
    """One of the three members of a set, `mongo-1` to `mongo-3`."""

    def choose_port(self) -> None:
        """Choose its port, or find that it can have the one again which it had. Raises `StackTrouble`."""
        self.ports.keep(self.name)

    def wait(self) -> None:
        """Return when it answers; whether it is primary or secondary is the set's to decide."""
        wait_for(self.process, lambda: self.process.listens_on(self.port))
        with self.connect() as client:
            wait_for(self.process, lambda: _stands(client))


class MongoCluster(Cluster[SetMember]):
    """Three members of one replica set, of which two must have what is acknowledged."""

    def __init__(self, folder: Path, ports: Ports, say: Say) -> None:
        members = [SetMember(f"mongo-{number}", folder, ports, say) for number in range(1, MEMBERS + 1)]
        super().__init__("mongo", members)

    @property
    def address(self) -> str:
        """Where the members answer, as one connection string."""
        return f"mongodb://{','.join(member.host for member in self.members)}/?replicaSet={REPLICA_SET}"

    def prepare(self) -> None:
        """Nothing: each member chooses its port as it starts."""

    def form(self) -> None:
        """Initiate the set if it is none, and return when it has a primary. The first member is primary if it can."""
        first = self.members[0]
        with first.connect() as client:
            if _config(client) is None:
                client.admin.command("replSetInitiate", self._first_config())
        wait_for(first.process, lambda: self.primary() is not None)

    def primary(self) -> SetMember | None:
        """The member that takes writes now, if there is one."""
        return next((member for member in self.members if member.process.is_running() and _is_primary(member)), None)

    def _first_config(self) -> dict[str, Any]:
        members = [
            {"_id": number, "host": member.host, "priority": 2 if number == 0 else 1}
            for number, member in enumerate(self.members)
        ]
        return {"_id": REPLICA_SET, "members": members, "settings": {"electionTimeoutMillis": ELECTION_MS}}


def find_mongod(say: Say) -> Path:
    """The mongod that `RELAIS_MONGOD` names, else the one of this machine, else the packaged one."""
    own = os.environ.get("RELAIS_MONGOD") or shutil.which("mongod")
    return Path(own) if own else packaged_mongod(say)


def _config(client: Client) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = client.admin.command("replSetGetConfig")["config"]
    except OperationFailure as error:
        if error.code != NOT_YET_INITIALIZED:
            raise
        return None
    return found


def _join(client: Client, host: str) -> None:
    """Make it the only member of its set, under the address that it has now."""
    config = _config(client)
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


def _stands(client: Client) -> bool:
    try:
        hello = client.admin.command("hello")
    except PyMongoError:
        return False
    # `isreplicaset`: it waits to be told of which set it is.
    return bool(hello["isWritablePrimary"] or hello.get("secondary") or hello.get("isreplicaset"))


def _is_primary(member: Mongo) -> bool:
    with member.connect() as client:
        try:
            return bool(client.admin.command("hello")["isWritablePrimary"])
        except PyMongoError:
            return False
