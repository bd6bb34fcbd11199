"""Three brokers and three members of a replica set, as `make up CLUSTER=1` starts them."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from pymongo import MongoClient

from deploy.local import ROOT
from deploy.local.ports import Ports
from deploy.local.stack import Stack
from deploy.local.trouble import StackTrouble
from tests.deploy.builders import somebody_on

SERVERS = ("kafka-1", "kafka-2", "kafka-3", "mongo-1", "mongo-2", "mongo-3")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of a cluster that was started by hand."""
    folder = tmp_path_factory.mktemp("cluster")
    try:
        done = by_hand(folder, "up", "--cluster")
        assert done.returncode == 0, done.stdout
        yield folder
    finally:
        by_hand(folder, "clean")


def by_hand(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "deploy.local", *words]
    environment = {**os.environ, "RELAIS_STATE": str(folder), "COLUMNS": "300"}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)  # noqa: S603


async def test_a_cluster_is_found_again_by_whoever_names_its_folder(folder: Path) -> None:
    settings = Stack(folder).settings()
    admin = AIOKafkaAdminClient(bootstrap_servers=settings["RELAIS_KAFKA"])
    await admin.start()
    assert len((await admin.describe_cluster())["brokers"]) == 3
    await admin.close()
    with MongoClient[dict[str, Any]](settings["RELAIS_MONGO"]) as client:
        states = [member["stateStr"] for member in client.admin.command("replSetGetStatus")["members"]]
    assert sorted(states) == ["PRIMARY", "SECONDARY", "SECONDARY"]


def test_status_names_each_member_and_fails_while_one_is_away(folder: Path) -> None:
    shown = by_hand(folder, "status")
    assert shown.returncode == 0
    assert all(f"{name} runs" in shown.stdout for name in SERVERS)
    stack = Stack(folder)
    stack.members.members[2].kill()
    without = by_hand(folder, "status")
    assert without.returncode == 1
    assert "mongo-3 does not run" in without.stdout
    stack.start()


def test_one_server_of_each_is_not_started_beside_a_cluster(folder: Path) -> None:
    with pytest.raises(StackTrouble, match=r"kafka-1 .* run here already, with other data: make down, then make up"):
        Stack(folder, cluster=False).start()


async def test_a_member_never_moves_to_another_port(tmp_path: Path) -> None:
    ports = Ports(tmp_path / "ports.json")
    had = ports.keep("kafka-1")
    assert ports.keep("kafka-1") == had
    async with await somebody_on(had):
        with pytest.raises(StackTrouble, match=f"kafka-1 needs port {had} again"):
            ports.keep("kafka-1")


def test_a_cluster_that_was_stopped_comes_back_with_what_it_had(folder: Path) -> None:
    """Comes last: it ends what the others use."""
    stack = Stack(folder)
    with MongoClient[dict[str, Any]](stack.settings()["RELAIS_MONGO"], w="majority") as client:
        client.kept.things.insert_one({"_id": "acknowledged"})
    assert by_hand(folder, "down").returncode == 0
    assert [process.name for process in stack.started()] == []
    again = by_hand(folder, "up", "--cluster")
    assert again.returncode == 0, again.stdout
    with MongoClient[dict[str, Any]](stack.settings()["RELAIS_MONGO"]) as client:
        assert client.kept.things.find_one({}) == {"_id": "acknowledged"}
