"""What no service of production may be told: servers in clear, secrets that one can guess, doors for trials.

`RELAIS_TRIAL=true` permits all of it, and is shown wherever the service shows itself.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from itertools import combinations
from typing import Any, NamedTuple

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from shared.addresses import MongoAddress, is_loopback
from shared.secret_settings import is_secret, newest_first

SHORTEST = 12
"""Characters of a password; secrets of our own have 32 or more."""
FEWEST = 8
"""Different characters of a secret."""
KNOWN = (
    *("changeme", "change-me", "change_me", "password", "passw0rd", "motdepasse", "secret", "letmein", "default"),
    *("123456", "qwerty", "azerty", "example", "exemple"),
)
ADDRESSES = ("mongo", "otlp_endpoint")
"""Settings that are treated as secrets, and are none."""
TRIAL = "RELAIS_TRIAL=true permits it for a trial without real data"


class Rule(NamedTuple):
    """What must not be in production: `broken` sees settings of which at least `needs` are well formed."""

    needs: tuple[str, ...]
    broken: Callable[[Any], bool]
    sentence: str


SERVERS = (
    Rule(
        ("kafka", "kafka_tls"),
        lambda told: not told.kafka_tls and any_beyond(told.kafka),
        "RELAIS_KAFKA is beyond this machine, in clear: set RELAIS_KAFKA_TLS to true",
    ),
    Rule(
        ("kafka", "kafka_user", "kafka_certificate"),
        lambda told: not (told.kafka_user or told.kafka_certificate) and any_beyond(told.kafka),
        "RELAIS_KAFKA is beyond this machine, without a user: set RELAIS_KAFKA_USER and RELAIS_KAFKA_PASSWORD, or "
        "RELAIS_KAFKA_CERTIFICATE",
    ),
    Rule(
        ("mongo",),
        lambda told: _mongo(told).is_beyond and not _mongo(told).tls,
        "RELAIS_MONGO is beyond this machine, in clear: add tls=true to its options",
    ),
    Rule(
        ("mongo",),
        lambda told: _mongo(told).is_beyond and not _mongo(told).has_user,
        "RELAIS_MONGO is beyond this machine, without a user: set it to mongodb://user:password@…",
    ),
    Rule(
        ("mongo",),
        lambda told: (password := _mongo(told).password) is not None and weakness(password) is not None,
        "RELAIS_MONGO has a password that is short, repeated or known: set another at MongoDB, and here",
    ),
)
METRICS = Rule(
    ("metrics_host", "metrics_open"),
    lambda told: not (told.metrics_open or is_loopback(told.metrics_host)),
    "RELAIS_METRICS_HOST opens /metrics to everybody beyond this machine: set RELAIS_METRICS_OPEN to true where a "
    "network of its own or a firewall lets only Prometheus in",
)


def any_beyond(addresses: Iterable[str]) -> bool:
    """Whether any of these, each host:port, is another machine's."""
    return not all(is_loopback(address.rpartition(":")[0]) for address in addresses)


def unsafe(
    told: Any, fields: Mapping[str, FieldInfo], rules: Iterable[Rule], malformed: AbstractSet[str]
) -> Iterator[str]:
    """A sentence for each thing that production must not be told, as far as the settings are well formed."""
    sound = {name: field for name, field in fields.items() if name not in malformed}
    for rule in rules:
        if sound.keys() >= set(rule.needs) and rule.broken(told):
            yield rule.sentence
    for name, field in sound.items():
        value, variable = getattr(told, name), f"RELAIS_{name.upper()}"
        if name.endswith("_anywhere") and value:
            yield f"{variable} is for trials only: take it out"
        if isinstance(value, str) and value.startswith("http://") and name != "issuer":
            yield f"{variable} is an http:// address: set it to one with https://"
        if is_secret(field.annotation) and name not in ADDRESSES:
            yield from (f"{variable} is {weak}: make another by chance" for weak in sorted(_weaknesses(value)))
    yield from _shared(told, [name for name, field in sound.items() if is_secret(field.annotation)])


def weakness(secret: str) -> str | None:
    """Why one can guess this secret, if one can."""
    if len(secret) < SHORTEST:
        return "too short"
    if len(set(secret)) < FEWEST or secret in (secret + secret)[1:-1]:
        return "repeated"
    if any(known in secret.lower() for known in KNOWN):
        return "a known one"
    return None


def _weaknesses(value: SecretStr | None) -> set[str]:
    return {weak for each in newest_first(value) if (weak := weakness(each))}


def _shared(told: Any, names: Iterable[str]) -> Iterator[str]:
    """Two purposes, one secret. An older one at the end of a list may be another's: so one parts them."""
    newest = {name: secrets[0] for name in names if (secrets := newest_first(getattr(told, name)))}
    for one, other in combinations(newest, 2):
        if newest[one] == newest[other]:
            yield f"RELAIS_{one.upper()} and RELAIS_{other.upper()} are the same secret: make one for each"


def _mongo(told: Any) -> MongoAddress:
    return MongoAddress.read(told.mongo.get_secret_value())
