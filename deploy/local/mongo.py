"""A real MongoDB on loopback: a replica set of one, because transactions need a replica set."""

import os
import shutil
from pathlib import Path
from typing import Any

from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

from deploy.local.ports import answers
from deploy.local.prerequisites import check_mongod
from deploy.local.server import Server
from deploy.local.software import Say, packaged_mongod
from deploy.local.waiting import wait_for

PORT = 27017
REPLICA_SET = "rs0"
OPTIONS = (
    *("--replSet", REPLICA_SET, "--bind_ip", "127.0.0.1", "--nounixsocket"),
    *("--wiredTigerCacheSizeGB", "0.25", "--oplogSize", "64"),
    # A transaction left open by a killed process must not hold its rows for the default minute.
    *("--setParameter", "transactionLifetimeLimitSeconds=10"),
)
NOT_YET_INITIALIZED = 94


class Mongo(Server):
    """The database of a local stack."""

    @property
    def address(self) -> str:
        """Where it answers, as a connection string."""
        return f"mongodb://127.0.0.1:{self.port}/?replicaSet={REPLICA_SET}"

    def start_anew(self) -> None:
        """Start it, make it a replica set if it is none, and return when it takes writes."""
        mongod = find_mongod(self.say)
        check_mongod(mongod)
        self.folder.mkdir(parents=True, exist_ok=True)
        port = self.ports.choose(self.name, PORT)
        self.say("Starting MongoDB")
        self.process.start([mongod, *OPTIONS, "--dbpath", self.folder, "--port", str(port)])
        wait_for(self.process, lambda: answers(port))
        with MongoClient[dict[str, Any]](port=port, directConnection=True, serverSelectionTimeoutMS=5_000) as client:
            wait_for(self.process, lambda: _takes_writes(client, f"127.0.0.1:{port}"))


def find_mongod(say: Say) -> Path:
    """The mongod that `RELAIS_MONGOD` names, else the one of this machine, else the packaged one."""
    own = os.environ.get("RELAIS_MONGOD") or shutil.which("mongod")
    return Path(own) if own else packaged_mongod(say)


def _join(client: MongoClient[dict[str, Any]], host: str) -> None:
    """Make it the only member of its set, under the address that it has now."""
    try:
        config = client.admin.command("replSetGetConfig")["config"]
    except OperationFailure as error:
        if error.code != NOT_YET_INITIALIZED:
            raise
        members = [{"_id": 0, "host": host}]
        client.admin.command("replSetInitiate", {"_id": REPLICA_SET, "members": members})
        return
    if config["members"][0]["host"] != host:
        config["members"][0]["host"] = host
        config["version"] += 1
        client.admin.command("replSetReconfig", config, force=True)


def _takes_writes(client: MongoClient[dict[str, Any]], host: str) -> bool:
    try:
        _join(client, host)
        return bool(client.admin.command("hello")["isWritablePrimary"])
    except PyMongoError:  # it closes connections and refuses commands while its role changes
        return False
