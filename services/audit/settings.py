"""What an operator may set for audit."""

from typing import ClassVar

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from pydantic import Field

from services.audit.domain.note import Signer
from shared.settings import Port, Secret, ServiceSettings


class AuditSettings(ServiceSettings):
    """Settings of the log: its name, and the key that signs it, which never enters the database."""

    service: ClassVar[str] = "audit"

    http_port: Port = Field(8104, description="a port, 0 for any free one")
    metrics_port: Port = Field(9104, description="a port, 0 for any free one")
    audit_origin: str = Field(
        pattern=r"^[a-z0-9][a-z0-9.:/-]{0,119}$",
        description="the log's name for ever, a URL without scheme, such as audit.example/log/2026",
    )
    audit_signing_key: Secret = Field(description="an Ed25519 private key in PEM, as openssl genpkey makes it")

    def faults(self) -> list[str]:
        """As for every service, and whether the key can sign."""
        try:
            self.signer()
        except ValueError:
            wrong = "RELAIS_AUDIT_SIGNING_KEY cannot sign: set it to an Ed25519 private key in PEM, without a password"
            return [*super().faults(), wrong]
        return super().faults()

    def signer(self) -> Signer:
        """Who signs the log. Raises `ValueError` for any other kind of key."""
        try:
            key = load_pem_private_key(self.audit_signing_key.get_secret_value().encode(), password=None)
        except (TypeError, UnsupportedAlgorithm):
            raise ValueError("no usable key") from None
        if not isinstance(key, Ed25519PrivateKey):
            raise ValueError("no Ed25519 key")
        return Signer(self.audit_origin, key)
