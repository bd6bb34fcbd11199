"""Waits for Kafka and MongoDB at the start of a service, and tells a server that is away from one that refuses us."""

import asyncio
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from aiokafka.conn import collect_hosts, create_conn
from aiokafka.errors import (
    AuthenticationFailedError,
    ClusterAuthorizationFailedError,
    GroupAuthorizationFailedError,
    IllegalSaslStateError,
    KafkaError,
    SaslAuthenticationFailed,
    TopicAuthorizationFailedError,
    UnsupportedSaslMechanismError,
)
from faststream.kafka.security import parse_security
from pymongo.errors import OperationFailure, PyMongoError

from shared.delivery.opening import appname, connect, named
from shared.settings import ServiceSettings

PAUSE_SECONDS, SAID_AGAIN_SECONDS, PROBE_MS = 1.0, 10.0, 5_000
MONGO_REFUSES = frozenset({13, 18, 8000})
"""Unauthorized, AuthenticationFailed, and what MongoDB's own clouds answer instead."""
KAFKA_REFUSES = (
    AuthenticationFailedError,
    SaslAuthenticationFailed,
    UnsupportedSaslMechanismError,
    IllegalSaslStateError,
    ClusterAuthorizationFailedError,
    GroupAuthorizationFailedError,
    TopicAuthorizationFailedError,
)
_MONGO_AWAY = re.compile(r"([A-Za-z0-9.\[\]:_-]+:\d+): (?:\[Errno (-?\d+)\]|([^,(]*))")

log = structlog.get_logger()


class ServerRefuses(Exception):
    """A server answers and refuses us: that does not pass by waiting; the message says which setting to correct."""


@dataclass(frozen=True, slots=True)
class Away:
    """A server that does not answer: where, and what the client met."""

    what: str
    server: str
    error: str
    errno: int | None = None
    code: int | None = None
    reason: str | None = None


async def wait_for_servers(settings: ServiceSettings) -> None:
    """Return once MongoDB and Kafka both answer. Raises `ServerRefuses` where one of them does not want us."""
    complaints = Complaints()
    while away := [*await mongo_away(settings), *await kafka_away(settings)]:
        for each in away:
            complaints.say(each)
        await asyncio.sleep(PAUSE_SECONDS)
    complaints.end()


class Complaints:
    """Tells that servers are away: at once when that changes, and then every ten seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._said: dict[Away, float] = {}

    def say(self, away: Away) -> None:
        """Tell it, unless it was told a moment ago."""
        now = self._clock()
        if now - self._said.get(away, -SAID_AGAIN_SECONDS) < SAID_AGAIN_SECONDS:
            return
        self._said[away] = now
        log.warning(
            "server-away",
            what=away.what,
            server=away.server,
            error=away.error,
            errno=away.errno,
            code=away.code,
            reason=away.reason,
        )

    def end(self) -> None:
        """Tell that all of them answer, if any did not."""
        if self._said:
            log.info("servers-answer")


async def mongo_away(settings: ServiceSettings) -> list[Away]:
    """The members of MongoDB that keep it from answering; none where it answers. Raises `ServerRefuses`."""
    async with connect(settings, appname(settings)) as client:
        try:
            # A ping needs no rights: what is asked is the first thing that the service will read.
            await client[named(settings, settings.store())]["migrations"].find_one({})
        except OperationFailure as error:
            return [_refused_by_mongo(settings, error)]
        except PyMongoError as error:
            return _members_away(settings, error)
    return []


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
    members = {server: (int(errno) if errno else None, _reason(text)) for server, errno, text in found}
    if not members:
        return [Away("mongodb", _hosts(settings), kind, reason=_reason(str(error)))]
    return [Away("mongodb", server, kind, errno=number, reason=why) for server, (number, why) in members.items()]


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
        raise ServerRefuses(refusal_by_kafka(error, server)) from None
    except (OSError, KafkaError) as error:
        return _of_kafka(error, server)
    connection.close()
    return None


def refusal_by_kafka(error: BaseException, where: str) -> str:
    """What an operator reads where Kafka refuses us."""
    code, kind = getattr(error, "errno", None), type(error).__name__
    told = f"{kind}, code {code}" if code else kind
    return (
        f"Kafka at {where} refuses us ({told}): correct RELAIS_KAFKA_USER, RELAIS_KAFKA_PASSWORD or "
        "RELAIS_KAFKA_CERTIFICATE, or the rights of that user"
    )


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
