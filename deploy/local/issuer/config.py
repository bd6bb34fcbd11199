"""Who may ask the local issuer for a token, as whom, in which roles: one JSON file that git never sees."""

import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from joserfc.jwk import OKPKey
from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_serializer


class Client(BaseModel):
    """A sample integrator's software, worker, auditor or operator. It signs in by a secret, by a key, or by either."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    client_id: str
    roles: tuple[str, ...]
    secret: SecretStr | None = None
    keys: tuple[Mapping[str, Any], ...] = ()

    @field_serializer("secret", when_used="json")
    def _write(self, secret: SecretStr | None) -> str | None:
        return None if secret is None else secret.get_secret_value()


class IssuerConfig(BaseModel):
    """The issuer's address, its signing key (a private JWK, Ed25519), and its clients."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    address: str = Field(pattern=r"^http://127\.0\.0\.1:\d+$")
    audience: str = "relais"
    lifetime: int = Field(1800, gt=0, le=3600, description="seconds that a token lives")
    key: Mapping[str, Any] = Field(repr=False)
    clients: tuple[Client, ...]

    @property
    def port(self) -> int:
        """Where it answers."""
        return int(self.address.rpartition(":")[2])


def new_config(address: str, roles: Mapping[str, Sequence[str]]) -> IssuerConfig:
    """An issuer with a new key, and for each client id and its roles a client with a new secret."""
    key = OKPKey.generate_key("Ed25519", {"use": "sig", "alg": "Ed25519"}, auto_kid=True)
    clients = tuple(
        Client(client_id=client_id, roles=tuple(its_roles), secret=SecretStr(secrets.token_urlsafe(32)))
        for client_id, its_roles in roles.items()
    )
    return IssuerConfig(address=address, key=key.as_dict(private=True), clients=clients)


def read_config(path: Path) -> IssuerConfig:
    """The configuration in a file. Raises `OSError` or `ValueError`."""
    return IssuerConfig.model_validate_json(path.read_bytes())


def write_config(config: IssuerConfig, path: Path) -> None:
    """Write it for nobody's eyes but its owner's: it holds every secret of the local issuer."""
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_text(config.model_dump_json(indent=2))
