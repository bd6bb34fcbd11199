"""What an operator may set for intake."""

from pathlib import Path
from typing import ClassVar

from pydantic import Field

from shared.settings import Port, Secret, ServiceSettings
from shared.vault.ring import Ring, UnusableKey


class IntakeSettings(ServiceSettings):
    """Settings of the stations' door: the keys that open reports and sign receipts, the secrets behind ids."""

    service: ClassVar[str] = "intake"

    http_port: Port = Field(8101, description="a port, 0 for any free one")
    metrics_port: Port = Field(9101, description="a port, 0 for any free one")
    case_secret: Secret = Field(description="32 characters or more; it makes case ids and never changes")
    fingerprint_secret: Secret = Field(description="32 characters or more; it tells the same report again")
    person_secret: Secret = Field(description="32 characters or more; it tells the same person again; it never changes")
    keys: Path = Field(description="a folder of JWK files: keys for use enc (P-256) and use sig (Ed25519)")

    def faults(self) -> list[str]:
        """As for every service, and whether the keys can be used."""
        try:
            self.ring()
        except UnusableKey as unusable:
            return [*super().faults(), f"RELAIS_KEYS can't be used: {str(unusable).rstrip('.')}"]
        return super().faults()

    def ring(self) -> Ring:
        """The keys of the door. Raises `UnusableKey`."""
        return Ring.read(self.keys)
