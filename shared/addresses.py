"""The addresses of servers, as an operator writes them down, and those at which we listen ourselves."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from typing import Annotated, Any, NamedTuple
from urllib.parse import unquote

from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError
from pydantic_settings import NoDecode
from pymongo.errors import PyMongoError
from pymongo.uri_parser import parse_uri

_SRV_USER = re.compile(r"mongodb\+srv://[^/@:]+:([^/@]*)@")
WRONG_ADDRESS = "wrong_address"
_HOST_PORT = re.compile(r"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]):([0-9]{1,5})")


def parse_brokers(value: Any) -> Any:
    """Split `host:port[,host:port]` into addresses. Names a wrong one by its place: its text may be a secret's."""
    if not isinstance(value, str):
        return value
    addresses = [address.strip() for address in value.split(",")]
    for number, address in enumerate(addresses, start=1):
        if not _is_host_and_port(address):
            which = f"address {number} of {len(addresses)} is not host:port"
            raise PydanticCustomError(WRONG_ADDRESS, "{which}", {"which": which})
    return addresses


Brokers = list[str]
"""Kafka's addresses, each host:port. FastStream takes a text with commas for one address: it never gets a text."""

ParsedBrokers = Annotated[Brokers, NoDecode, BeforeValidator(parse_brokers)]


def is_mongo_address(text: str) -> bool:
    """Whether PyMongo understands this as an address with all its members; `mongodb+srv` is not looked up."""
    if text.startswith("mongodb+srv://"):
        return len(text) > len("mongodb+srv://")
    try:
        return bool(text.startswith("mongodb://") and parse_uri(text)["nodelist"])
    except (PyMongoError, ValueError, OSError):
        # PyMongo opens the files that an address names, such as those of TLS.
        return False


def is_loopback(host: str) -> bool:
    """Whether this host is this machine, spoken to over its loopback."""
    if host == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


class MongoAddress(NamedTuple):
    """What an address of MongoDB says about where it is and how it is reached."""

    is_beyond: bool
    tls: bool
    has_user: bool
    password: str | None

    @classmethod
    def read(cls, text: str) -> "MongoAddress":
        """Of an address that is understood. `mongodb+srv` means TLS and another machine, and is not looked up."""
        if text.startswith("mongodb+srv://"):
            user = _SRV_USER.match(text)
            return cls(True, "tls=false" not in text, user is not None, unquote(user[1]) if user else None)
        told = parse_uri(text)
        has_user = bool(told["username"]) or told["options"].get("authmechanism") == "MONGODB-X509"
        beyond = not all(is_loopback(host) or host.startswith("/") for host, _port in told["nodelist"])
        return cls(beyond, bool(told["options"].get("tls")), has_user, told["password"])


class CannotListen(Exception):
    """Nobody can listen at an address of ours; the message names the port, the reason and the setting."""

    def __init__(self, setting: str, host: str, port: int, reason: str) -> None:
        super().__init__(
            f"{host}:{port} can't be listened on ({reason}): end the program that has this port, or set {setting} "
            "to another"
        )


@contextmanager
def listening(setting: str, host: str, port: int) -> Iterator[None]:
    """Raise `CannotListen` for whatever the system refuses within."""
    try:
        yield
    except OSError as error:
        raise CannotListen(setting, host, port, error.strerror or type(error).__name__) from None


def _is_host_and_port(address: str) -> bool:
    found = _HOST_PORT.fullmatch(address)
    return found is not None and 0 < int(found[1]) <= 65535
