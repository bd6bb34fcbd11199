"""A server that is away, told as it should be; and one that refuses us, for which nobody should wait."""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

import structlog
from aiokafka.errors import (
    AuthenticationFailedError,
    ClusterAuthorizationFailedError,
    GroupAuthorizationFailedError,
    IllegalSaslStateError,
    SaslAuthenticationFailed,
    TopicAuthorizationFailedError,
    UnsupportedSaslMechanismError,
)

SAID_AGAIN_SECONDS = 10.0
KAFKA_REFUSES = (
    AuthenticationFailedError,
    SaslAuthenticationFailed,
    UnsupportedSaslMechanismError,
    IllegalSaslStateError,
    ClusterAuthorizationFailedError,
    GroupAuthorizationFailedError,
    TopicAuthorizationFailedError,
)

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


class Complaints:
    """Tells that servers are away: at once when that changes, and then every ten seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._said: dict[Away, float] = {}

    def say(self, away: Away) -> None:
        """Tell it, unless it was told a moment ago."""
        now = self._clock()
        if now - self._said.get(away, -SAID_AGAIN_SECONDS) >= SAID_AGAIN_SECONDS:
            self._said[away] = now
            log.warning("server-away", **asdict(away))

    def end(self) -> None:
        """Tell that all of them answer, if any did not."""
        if self._said:
            log.info("servers-answer")


def refused_by_kafka(error: BaseException, where: str) -> ServerRefuses:
    """What an operator reads where Kafka refuses us."""
    code, kind = getattr(error, "errno", None), type(error).__name__
    told = f"{kind}, code {code}" if code else kind
    return ServerRefuses(
        f"Kafka at {where} refuses us ({told}): correct RELAIS_KAFKA_USER, RELAIS_KAFKA_PASSWORD or "
        "RELAIS_KAFKA_CERTIFICATE, or the rights of that user"
    )
