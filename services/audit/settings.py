"""What an operator may set for audit."""

from pathlib import Path
from typing import Annotated, ClassVar

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from pydantic import Field

from services.audit.domain.note import KeyInMemory, Signer
from services.audit.domain.witness import MalformedWitness, Witness, read_witnesses
from shared.secret_settings import Rotation, Secret
from shared.settings import Port, ServiceSettings
from shared.vault import Compartment

NEW_EPOCH = Rotation("with a new epoch of the log (docs/audit.md)")


class AuditSettings(ServiceSettings):
    """Settings of the log: its name, and the key that signs it, which never enters the database."""

    service: ClassVar[str] = "audit"
    compartments: ClassVar[tuple[Compartment, ...]] = ("access",)

    http_port: Port = Field(8104, description="a port, 0 for any free one")
    metrics_port: Port = Field(9104, description="a port, 0 for any free one")
    audit_origin: str = Field(
        pattern=r"^[a-z0-9][a-z0-9.:/-]{0,119}$",
        description="the log's name for ever, a URL without scheme, such as audit.example/log/2026",
    )
    audit_epoch: str | None = Field(
        None, pattern=r"^[a-z0-9-]{1,20}$", description="the epoch's name, such as 2027, where it is not the first one"
    )
    audit_signing_key: Annotated[Secret, NEW_EPOCH] = Field(
        description="an Ed25519 private key in PEM, as openssl genpkey makes it"
    )

    audit_witnesses: Path | None = Field(
        None, description="a file with a witness a line (C2SP tlog-witness): https://witness.example name+id+key"
    )

    def store(self) -> str:
        """Each epoch has a database of its own."""
        return f"{self.service}_{self.audit_epoch}" if self.audit_epoch else self.service

    def faults(self) -> list[str]:
        """As for every service, and whether the key can sign and the witnesses are known."""
        wrong = super().faults()
        try:
            self.signer()
        except ValueError:
            wrong.append(
                "RELAIS_AUDIT_SIGNING_KEY cannot sign: set it to an Ed25519 private key in PEM, without a password"
            )
        try:
            self.witnesses()
        except (OSError, UnicodeDecodeError, MalformedWitness):
            wrong.append(
                "RELAIS_AUDIT_WITNESSES names no file of witnesses: a line each, https://witness.example name+id+key"
            )
        return wrong

    def witnesses(self) -> tuple[Witness, ...]:
        """Who else signs what we sign. Raises `MalformedWitness`, `OSError`."""
        return read_witnesses(self.audit_witnesses.read_text("utf-8")) if self.audit_witnesses else ()

    def signer(self) -> Signer:
        """Who signs the log. Raises `ValueError` for any other kind of key."""
        try:
            key = load_pem_private_key(self.audit_signing_key.get_secret_value().encode(), password=None)
        except (TypeError, UnsupportedAlgorithm):
            raise ValueError("no usable key") from None
        if not isinstance(key, Ed25519PrivateKey):
            raise ValueError("no Ed25519 key")
        return Signer(self.audit_origin, KeyInMemory(key))
