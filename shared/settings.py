"""What an operator may set, from the environment: where the servers are, which doors open, which secrets are used."""

import os
import re
import socket
import ssl
import sys
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, NoReturn, TypeVar
from uuid import UUID, uuid4

from faststream.security import BaseSecurity, SASLScram512
from pydantic import BaseModel, Field, SecretStr, ValidationError, create_model
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from shared.addresses import WRONG_ADDRESS, ParsedBrokers, is_loopback, is_mongo_address
from shared.contracts.ids import address_digest, authid
from shared.production import METRICS, SERVERS, TRIAL, Rule, unsafe
from shared.secret_settings import BY_ITS_SERVER, NEVER, Rotation, Secret, is_secret
from shared.vault import Compartment

PREFIX = "RELAIS_"
HIDDEN = "********"
OTLP_ADDRESS = re.compile(r"(https://[^\s/@?#]+|http://(127\.0\.0\.1|localhost|\[::1\])(:\d+)?)(/[^\s@?#]*)?")

REPLACED = Rotation("replace the file before its certificate ends, and start again")
WORDS = r"^[!#-\[\]-~ ]{0,200}$"
TokenSeconds = Annotated[int, Field(ge=60, le=86400)]
Port = Annotated[int, Field(ge=0, le=65535)]


class WrongSettings(Exception):
    """What is wrong with the environment, in words that name the variable and never its value."""


class ServerSettings(BaseSettings):
    """Where Kafka and MongoDB are, and how to prove to them who we are."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_ignore_empty=True, extra="ignore", frozen=True)

    rules: ClassVar[tuple[Rule, ...]] = SERVERS

    trial: bool = Field(
        False, description="true for trials without real data only: what is not safe is permitted, and shown to all"
    )
    kafka: ParsedBrokers = Field(description="Kafka's address, host:port[,host:port]")
    mongo: Annotated[SecretStr, BY_ITS_SERVER] = Field(description="MongoDB's address, mongodb://… of a replica set")
    kafka_replication: int | None = Field(
        None, ge=1, le=9, description="how many brokers hold each record, 1 to 9; unset: 3, or as many as there are"
    )
    namespace: str = Field("", pattern=r"^[a-z0-9-]{0,40}$", description="letters, digits and hyphens, or nothing")
    kafka_tls: bool = Field(False, description="true or false")
    kafka_ca: Path | None = Field(None, description="a PEM file with the authority that signed Kafka's certificate")
    kafka_certificate: Annotated[Path | None, REPLACED] = Field(
        None, description="a PEM file with our certificate and its key, for mTLS"
    )
    kafka_user: str | None = Field(None, description="the SCRAM-SHA-512 user of this service")
    kafka_password: Annotated[SecretStr | None, BY_ITS_SERVER] = Field(
        None, description="the SCRAM-SHA-512 password of that user"
    )

    def faults(self) -> list[str]:
        """Settings that are each well formed and cannot be together."""
        found = []
        if not is_mongo_address(self.mongo.get_secret_value()):
            found.append("RELAIS_MONGO is not understood: set it to MongoDB's address, mongodb://… of a replica set")
        if (self.kafka_user is None) != (self.kafka_password is None):
            found.append("RELAIS_KAFKA_USER and RELAIS_KAFKA_PASSWORD need each other: set both or none")
        if self.kafka_user and not self.kafka_tls:
            found.append("RELAIS_KAFKA_PASSWORD would travel in clear: set RELAIS_KAFKA_TLS to true")
        try:
            self.kafka_security()
        except OSError:
            found.append("RELAIS_KAFKA_CA or RELAIS_KAFKA_CERTIFICATE cannot be used: name readable PEM files")
        return found

    def unsafe(self, malformed: AbstractSet[str] = frozenset()) -> list[str]:
        """What is permitted to trials only, as far as settings are well formed."""
        return [] if self.trial is True else list(unsafe(self, type(self).model_fields, self.rules, malformed))

    def kafka_security(self) -> BaseSecurity | None:
        """How the broker is reached: `None` in clear, else TLS, with mTLS or SCRAM-SHA-512 where they are set."""
        if not self.kafka_tls:
            return None
        context = ssl.create_default_context(cafile=self.kafka_ca)
        if self.kafka_certificate:
            context.load_cert_chain(self.kafka_certificate)
        if self.kafka_user and self.kafka_password:
            return SASLScram512(self.kafka_user, self.kafka_password.get_secret_value(), ssl_context=context)
        return BaseSecurity(ssl_context=context, use_ssl=True)

    def masked(self) -> dict[str, str]:
        """Every setting as an operator may read it: secrets hidden, addresses without their credentials."""
        return {name: _masked(value) for name, value in self if value is not None}

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment, and the files that it names for secrets; nothing else is read."""
        return init_settings, env_settings, _SecretFiles(settings_cls)


class MasterSettings(ServerSettings):
    """What tells how old a master may be, and so until when a copy of an erased key may still open."""

    master_days: int = Field(30, ge=1, le=366, description="days after which `relais masters rotate --due` rotates")


class ServiceSettings(ServerSettings):
    """What each of the four services can be told. A service adds its own and gives its ports a default."""

    service: ClassVar[str]
    rules: ClassVar[tuple[Rule, ...]] = (*SERVERS, METRICS)
    compartments: ClassVar[tuple[Compartment, ...]] = ()

    def store(self) -> str:
        """The name of its database, but for the namespace."""
        return self.service

    instance: str = Field(
        default_factory=socket.gethostname, pattern=r"^[A-Za-z0-9._-]+$", description="a name no other instance has"
    )
    start_id: str = Field(
        default_factory=lambda: uuid4().hex,
        pattern=r"^[A-Za-z0-9-]{1,64}$",
        description="letters and digits that /readyz repeats, so that whoever starts a service knows it again",
    )
    http_host: str = Field("127.0.0.1", description="the address whose HTTP door opens")
    http_port: Port = Field(description="a port, 0 for any free one")
    tls_certificate: Path | None = Field(None, description="a PEM file with the certificate chain of the HTTP door")
    tls_key: Annotated[Path | None, REPLACED] = Field(None, description="a PEM file with the key of that certificate")
    tls_client_ca: Path | None = Field(
        None, description="a PEM file with the authorities of clients: who has no certificate of theirs is refused"
    )
    tls_at_proxy: bool = Field(False, description="true where a proxy of yours ends TLS before the HTTP door")
    connections_per_address: int = Field(
        400, ge=1, le=4000, description="connections of one address at once; not counted with RELAIS_TLS_AT_PROXY"
    )
    requests_per_second: int = Field(
        150, ge=1, le=100_000, description="requests a second of one who signed in, as the mean of ten seconds"
    )
    metrics_host: str = Field("127.0.0.1", description="the address that serves /metrics")
    metrics_open: bool = Field(False, description="true where only Prometheus can reach /metrics beyond this machine")
    metrics_port: Port = Field(description="a port, 0 for any free one")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="DEBUG, INFO, WARNING or ERROR")
    trace_file: Path | None = Field(None, description="a file to which finished spans are added, one JSON a line")
    otlp_endpoint: Annotated[SecretStr | None, BY_ITS_SERVER] = Field(
        None, description="the address of an OTLP receiver for finished spans, https:// unless on loopback"
    )
    issuer: str = Field(
        pattern=r"^(https://|http://(127\.0\.0\.1|localhost)[:/])",
        description="the address of the OpenID issuer whose tokens are believed, https:// unless on loopback",
    )
    audience: str = Field(
        "relais", description="the audience that tokens must name; another one for each service where the issuer can"
    )
    scope: str | None = Field(
        None, pattern=r"^[!#-\[\]-~]{1,100}$", description="the scope that tokens must name besides, where set"
    )
    token_profile: Literal["rfc9068", "jwt"] = Field(
        "rfc9068",
        description="rfc9068, or jwt for issuers that do not know it: type JWT, x5t, and azp for the client",
    )
    token_life: TokenSeconds = Field(3600, description="seconds that a token may live at most, 60 to 86400")
    token_age: TokenSeconds = Field(
        3600, description="seconds since a token was issued after which it is refused, 60 to 86400"
    )
    sign_in_acr: str = Field(
        "", pattern=WORDS, description="classes (acr) of which people's tokens must name one, by blanks; empty: any"
    )
    sign_in_amr: str = Field(
        "", pattern=WORDS, description="methods (amr) that people's tokens must all name, by blanks; empty: any"
    )
    authid_secret: Annotated[Secret, NEVER] = Field(
        description="32 characters or more, the same for all services, for opaque ids"
    )

    def faults(self) -> list[str]:
        """As for the servers, whether the door is shut to listeners, and whether spans can be written."""
        found = [*super().faults(), *self._tls_faults()]
        if self.trace_file is not None and not _can_be_written(self.trace_file):
            found.append("RELAIS_TRACE_FILE cannot be written: name a file, in a folder that can")
        if (endpoint := self.otlp_address()) is not None and not OTLP_ADDRESS.fullmatch(endpoint):
            found.append(
                "RELAIS_OTLP_ENDPOINT is not understood: set it to https://host[:port], or http:// on loopback; "
                "credentials go into OTEL_EXPORTER_OTLP_HEADERS"
            )
        return found

    def otlp_address(self) -> str | None:
        """Where finished spans are sent, if anywhere."""
        return None if self.otlp_endpoint is None else self.otlp_endpoint.get_secret_value()

    def who(self) -> dict[str, str]:
        """Who answers at the doors of this process, and whether it may be relied on at all."""
        trial = {"trial": "true"} if self.trial else {}
        return {"service": self.service, "instance": self.instance, "start_id": self.start_id, **trial}

    def authid_of(self, subject: str) -> UUID:
        """By which opaque id whoever signs in as this is known to us."""
        return authid(self.authid_secret.get_secret_value().encode(), self.issuer, subject)

    def address_digest_of(self, addresses: str) -> str:
        """What tells addresses apart in the log, where they stand nowhere in clear."""
        return address_digest(self.authid_secret.get_secret_value().encode(), addresses)

    def most_of_an_address(self) -> int | None:
        """How many connections of one address are taken; behind a proxy all come from one."""
        return None if self.tls_at_proxy else self.connections_per_address

    def tls(self) -> ssl.SSLContext | None:
        """How the HTTP door speaks TLS, mutual where clients' authorities are set; `None` for in clear."""
        if self.tls_certificate is None:
            return None
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=self.tls_client_ca)
        context.load_cert_chain(self.tls_certificate, self.tls_key)
        context.verify_mode = ssl.CERT_REQUIRED if self.tls_client_ca else ssl.CERT_NONE
        return context

    def _tls_faults(self) -> Iterator[str]:
        if (self.tls_certificate is None) != (self.tls_key is None):
            yield "RELAIS_TLS_CERTIFICATE and RELAIS_TLS_KEY need each other: set both or none"
        elif self.tls_certificate is None:
            if self.tls_client_ca:
                yield "RELAIS_TLS_CLIENT_CA needs TLS: set RELAIS_TLS_CERTIFICATE and RELAIS_TLS_KEY"
            if not is_loopback(self.http_host) and not self.tls_at_proxy:
                yield (
                    "RELAIS_HTTP_HOST opens the door beyond this machine, in clear: set RELAIS_TLS_CERTIFICATE and "
                    "RELAIS_TLS_KEY, or RELAIS_TLS_AT_PROXY to true where a proxy of yours ends TLS"
                )
        else:
            try:
                self.tls()
            except OSError:
                yield (
                    "RELAIS_TLS_CERTIFICATE, RELAIS_TLS_KEY or RELAIS_TLS_CLIENT_CA cannot be used: "
                    "name readable PEM files that belong together"
                )


S = TypeVar("S", bound=ServerSettings)


def read_settings(which: type[S]) -> S:
    """The settings of this process. Raises `WrongSettings`, in one sentence."""
    try:
        settings = which()
    except ValidationError as error:
        errors = error.errors(include_input=False)
        wrong = [_sentence(which, each) for each in errors]
        raise WrongSettings(_together(wrong, _unsafe_rest(which, {str(each["loc"][0]) for each in errors}))) from None
    faults, unsafe_ones = settings.faults(), settings.unsafe()
    if faults or unsafe_ones:
        raise WrongSettings(_together(faults, unsafe_ones))
    return settings


def _unsafe_rest(which: type[ServerSettings], malformed: AbstractSet[str]) -> list[str]:
    """What else is permitted to trials only, where some settings are missing or malformed: those read as nothing."""
    nothing: dict[str, Any] = dict.fromkeys(malformed, (Any, None))
    return create_model(which.__name__, __base__=which, **nothing)().unsafe(malformed)


def _together(wrong: list[str], unsafe_ones: list[str]) -> str:
    """All faults in one sentence."""
    return "; ".join([*wrong, *unsafe_ones, *([TRIAL] if unsafe_ones else [])])


def read_settings_or_exit(which: type[S], program: str) -> S:
    """The settings of this process; where they are wrong, one sentence on standard error and exit code 78."""
    try:
        return read_settings(which)
    except WrongSettings as wrong:
        _exit(f"{program} cannot start: {wrong}.")


def unread_variables(which: type[ServerSettings]) -> list[str]:
    """`RELAIS_…` variables that this process does not know: another service's, or a slip of the pen."""
    known = {_variable(name) for name in which.model_fields}
    return sorted(name for name in os.environ if name.startswith(PREFIX) and name.removesuffix("_FILE") not in known)


class _SecretFiles(PydanticBaseSettingsSource):
    """`RELAIS_<NAME>_FILE`: the secret stands in a file, so that no process list or inspection shows it."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """The secret of one field, if a file is named for it."""
        name = _variable(field_name)
        path = os.environ.get(f"{name}_FILE")
        if not path or not is_secret(field.annotation):
            return None, field_name, False
        if os.environ.get(name):
            raise WrongSettings(f"{name} and {name}_FILE are both set: keep one")
        try:
            return Path(path).read_text("utf-8").strip(), field_name, False
        except (OSError, ValueError):
            raise WrongSettings(f"{name}_FILE names a file that cannot be read: correct its path or rights") from None

    def __call__(self) -> dict[str, Any]:
        found = {name: self.get_field_value(field, name)[0] for name, field in self.settings_cls.model_fields.items()}
        return {name: value for name, value in found.items() if value is not None}


def _can_be_written(file: Path) -> bool:
    at = file if file.exists() else file.parent
    return not file.is_dir() and os.access(at, os.W_OK)


def _variable(field_name: str) -> str:
    return f"{PREFIX}{field_name}".upper()


def _sentence(which: type[BaseModel], error: ErrorDetails) -> str:
    field_name, kind = str(error["loc"][0]), error["type"]
    field, name = which.model_fields[field_name], _variable(field_name)
    also = f" (or {name}_FILE)" if is_secret(field.annotation) else ""
    detail = f" ({error['msg']})" if kind == WRONG_ADDRESS else ""
    wrong = "missing" if kind == "missing" else "not understood"
    return f"{name} is {wrong}: set it{also} to {field.description}{detail}"


def _masked(value: object) -> str:
    if isinstance(value, list):
        return ",".join(value)
    if not isinstance(value, SecretStr):
        return str(value)
    # An option may carry a secret as well as the user part: only scheme and hosts are shown.
    address = re.match(r"(mongodb(?:\+srv)?://)(?:.*@)?([^/?]*)", value.get_secret_value())
    return f"{address[1]}{address[2]}" if address else HIDDEN


def _exit(sentence: str) -> NoReturn:
    sys.stderr.write(sentence + "\n")
    raise SystemExit(os.EX_CONFIG)
