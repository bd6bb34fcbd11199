"""Whether a server is away or refuses us, asked of real ones."""

import gc
import warnings
from collections.abc import Iterator

import pytest
import structlog

from deploy.local.ports import free_port
from shared.delivery.away import Away, Complaints, ServerRefuses
from shared.delivery.servers import kafka_away, mongo_away, servers_away
from shared.settings import Port, ServiceSettings, read_settings


class SomeSettings(ServiceSettings):
    service = "intake"
    http_port: Port = 0
    metrics_port: Port = 0


@pytest.fixture(autouse=True)
def _forget_sockets() -> Iterator[None]:
    """A client that is closed while PyMongo connects leaves the socket to the collector, which would warn elsewhere."""
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


def settings(kafka: str, mongo: str) -> SomeSettings:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RELAIS_KAFKA", kafka)
        patch.setenv("RELAIS_MONGO", mongo)
        patch.setenv("RELAIS_ISSUER", "http://127.0.0.1:1")
        patch.setenv("RELAIS_AUTHID_SECRET", "s" * 32)
        return read_settings(SomeSettings)


def nowhere() -> str:
    return f"127.0.0.1:{free_port()}"


async def test_servers_that_answer_are_not_waited_for(kafka: str, mongo_url: str) -> None:
    assert await servers_away(settings(kafka, mongo_url)) == []


async def test_servers_that_are_away_are_named_with_the_errno_and_without_credentials() -> None:
    broker, (first, second) = nowhere(), sorted((nowhere(), nowhere()))
    mongo = f"mongodb://relais:canary@{first},{second}/?replicaSet=rs0"
    away = await servers_away(settings(broker, mongo))
    assert away == [
        Away("mongodb", first, "ServerSelectionTimeoutError", errno=111),
        Away("mongodb", second, "ServerSelectionTimeoutError", errno=111),
        Away("kafka", broker, "ConnectionRefusedError", errno=111),
    ]


async def test_one_broker_that_answers_is_enough(kafka: str, mongo_url: str) -> None:
    assert await kafka_away(settings(f"{nowhere()},{kafka}", mongo_url)) == []


async def test_a_wrong_password_is_no_server_that_is_away(kafka: str, mongo_url: str) -> None:
    wrong = mongo_url.replace("mongodb://", "mongodb://relais:canary@") + "&authSource=admin"
    with pytest.raises(ServerRefuses) as refused:
        await mongo_away(settings(kafka, wrong))
    said = str(refused.value)
    assert "(code 18): correct the user or password in RELAIS_MONGO" in said
    assert "canary" not in said


async def test_another_replica_set_is_no_server_that_is_away(kafka: str, mongo_url: str) -> None:
    assert "replicaSet=rs0" in mongo_url
    with pytest.raises(ServerRefuses, match="member of the replica set rs0, and RELAIS_MONGO names another one"):
        await mongo_away(settings(kafka, mongo_url.replace("replicaSet=rs0", "replicaSet=rs1")))


def test_what_stays_away_is_told_once_in_ten_seconds() -> None:
    clock = iter((0.0, 1.0, 5.0, 9.9, 10.0, 11.0, 12.0))
    complaints = Complaints(lambda: next(clock))
    away, other = Away("kafka", "k:1", "OSError", 111), Away("mongodb", "m:1", "AutoReconnect")
    with structlog.testing.capture_logs() as said:
        for _ in range(6):
            complaints.say(away)
        complaints.say(other)
        complaints.end()
    assert [line["event"] for line in said] == ["server-away", "server-away", "server-away", "servers-answer"]
    assert said[0]["server"] == "k:1"
    assert said[0]["errno"] == 111
