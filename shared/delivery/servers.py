"""Waits for Kafka and MongoDB at the start of a service."""

import asyncio
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from aiokafka.conn import collect_hosts, create_conn
from aiokafka.errors import KafkaError
from faststream.kafka.security import parse_security
from pymongo import AsyncMongoClient
from pymongo.errors import OperationFailure, PyMongoError
from pymongo.uri_parser import parse_uri

from shared.delivery.away import KAFKA_REFUSES, Away, Complaints, ServerRefuses, refused_by_kafka
from shared.delivery.opening import appname, connect, named
from shared.settings import ServiceSettings

PAUSE_SECONDS, PROBE_MS, PROBE_MONGO_MS = 1.0, 5_000, 1_000
MONGO_REFUSES = frozenset({13, 18, 8000})
"""Unauthorized, AuthenticationFailed, and what MongoDB's own clouds answer instead."""
_MONGO_AWAY = re.compile(r"([A-Za-z0-9.\[\]:_-]+:\d+): (?:\[Errno (-?\d+)\]|([^,(]*))")


async def servers_away(settings: ServiceSettings) -> list[Away]:
    """Which servers do not answer now. Raises `ServerRefuses` where one of them does not want us."""
    found = await asyncio.gather(mongo_away(settings), kafka_away(settings))
    return [each for away in found for each in away]


async def wait_for_servers(settings: ServiceSettings, away: Sequence[Away]) -> None:
    """Return once none is away any more, of MongoDB and Kafka. Raises `ServerRefuses`."""
    complaints = Complaints()
    while away:
        for each in away:
            complaints.say(each)
        await asyncio.sleep(PAUSE_SECONDS)
        away = await servers_away(settings)
    complaints.end()


async def mongo_away(settings: ServiceSettings) -> list[Away]:
    """The members of MongoDB that keep it from answering; none where it answers. Raises `ServerRefuses`."""
    async with connect(settings, appname(settings)) as client:
        try:
            # A ping needs no rights: what is asked is the first thing that the service will read.
            await client[named(settings, settings.store())]["migrations"].find_one({})
        except OperationFailure as error:
            return [_refused_by_mongo(settings, error)]
        except PyMongoError as error:
            away, silent = _members_away(settings, error), {name for name, *_ in _MONGO_AWAY.findall(str(error))}
        else:
            return []
    await _check_replica_set(settings, silent)
    return away


async def _check_replica_set(settings: ServiceSettings, silent: Collection[str]) -> None:
    """Raise `ServerRefuses` where a member answers, and is of another replica set than it should be.

    PyMongo drops such a member from its list: of those that do not answer (`silent`) it tells the reason.
    """
    parsed = parse_uri(settings.mongo.get_secret_value())
    options = {str(name): value for name, value in parsed["options"].items()}
    tls = {name: value for name, value in options.items() if name.lower().startswith("tls")}
    wanted = next((value for name, value in options.items() if name.lower() == "replicaset"), None)
    for host, port in parsed["nodelist"]:
        if f"{host}:{port}" in silent:
            continue
        async with AsyncMongoClient[dict[str, Any]](
            host, port, directConnection=True, serverSelectionTimeoutMS=PROBE_MONGO_MS, **tls
        ) as client:
            try:
                said = await client.admin.command("hello")
            except PyMongoError:
                continue
        if wanted and (its := said.get("setName", wanted)) != wanted:
            raise ServerRefuses(
                f"MongoDB at {host}:{port} is a member of the replica set {its}, and RELAIS_MONGO names another one: "
                f"set replicaSet={its} there, or name other members"
            )


def _refused_by_mongo(settings: ServiceSettings, error: OperationFailure) -> Away:
    where = _hosts(settings)
    if error.code in MONGO_REFUSES:
        raise ServerRefuses(
            f"MongoDB at {where} refuses us (code {error.code}): correct the user or password in RELAIS_MONGO, "
            "or the rights of that user"
        ) from None
    return Away("mongodb", where, type(error).__name__, code=error.code)


def _members_away(settings: ServiceSettings, error: PyMongoError) -> list[Away]:
    """PyMongo tells the reason of each member in the text only, which quotes no credentials."""
    kind, found = type(error).__name__, _MONGO_AWAY.findall(str(error))
    members = {
        server: Away("mongodb", server, kind, int(errno) if errno else None, reason=_reason(text))
        for server, errno, text in found
    }
    if not members:
        return [Away("mongodb", _hosts(settings), kind, reason=_reason(str(error)))]
    return [members[server] for server in sorted(members)]


def _reason(text: str) -> str | None:
    """A constant, for a text may hold anything."""
    if "certificate" in text or "SSL" in text or "TLS" in text:
        return "tls"
    return "timeout" if "timed out" in text or "timeout" in text.lower() else None


async def kafka_away(settings: ServiceSettings) -> list[Away]:
    """The brokers that don't answer, where none does; one that answers is enough. Raises `ServerRefuses`."""
    away = []
    security = parse_security(settings.kafka_security())
    for host, port, _ in collect_hosts(settings.kafka, randomize=False):
        found = await _broker_away(host, port, security)
        if found is None:
            return []
        away.append(found)
    return away


async def _broker_away(host: str, port: int, security: Mapping[str, Any]) -> Away | None:
    server = f"{host}:{port}"
    try:
        connection = await create_conn(host, port, request_timeout_ms=PROBE_MS, **security)
    except KAFKA_REFUSES as error:
        raise refused_by_kafka(error, server) from None
    except (OSError, KafkaError) as error:
        return _of_kafka(error, server)
    connection.close()
    return None


def _of_kafka(error: BaseException, server: str) -> Away:
    number = getattr(error, "errno", None)
    is_system = isinstance(error, OSError)
    return Away(
        "kafka",
        server,
        type(error).__name__,
        errno=number if is_system else None,
        code=None if is_system else number,
        reason=_reason(str(error)) if number is None or "SSL" in type(error).__name__ else None,
    )


def _hosts(settings: ServiceSettings) -> str:
    """MongoDB's members without credentials and options."""
    return settings.masked()["mongo"].partition("//")[2]
