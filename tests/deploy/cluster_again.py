"""A cluster that was stopped in order comes back; run by `make torture`, as it takes a minute."""

from pathlib import Path
from typing import Any

from pymongo import MongoClient

from deploy.local.stack import Stack


def test_a_cluster_that_was_stopped_comes_back_with_what_it_had(tmp_path: Path) -> None:
    stack = Stack(tmp_path, cluster=True)
    try:
        stack.start()
        with MongoClient[dict[str, Any]](stack.settings()["RELAIS_MONGO"], w="majority") as client:
            client.kept.things.insert_one({"_id": "acknowledged"})
        stack.stop()
        assert [process.name for process in stack.started()] == []
        stack.start()
        with MongoClient[dict[str, Any]](stack.settings()["RELAIS_MONGO"]) as client:
            assert client.kept.things.find_one({}) == {"_id": "acknowledged"}
    finally:
        stack.clean()
