"""Three members of one replica set of MongoDB."""

from pathlib import Path
from typing import Any

from pymongo.errors import PyMongoError

from deploy.local.mongo import REPLICA_SET, Client, Mongo, config_of
from deploy.local.ports import Ports
from deploy.local.server import Cluster
from deploy.local.software import Say
from deploy.local.waiting import wait_for

MEMBERS, ELECTION_MS = 3, 2_000


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
            if config_of(client) is None:
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
