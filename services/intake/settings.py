"""What an operator may set for intake."""

from pathlib import Path
from typing import Annotated, ClassVar

from pydantic import Field

from shared.secret_settings import NEVER, Rotation, Secret
from shared.settings import Port, ServiceSettings
from shared.vault import Compartment
from shared.vault.ring import Ring, UnusableKey

FORGETS = Rotation("set a new one and start again: reports that come a second time later are not told as the same")
KEYRING = Rotation("`relais keys`: keys are added before the old ones end")


class IntakeSettings(ServiceSettings):
    """Settings of the stations' door: the keys that open reports and sign receipts, the secrets behind ids."""

    service: ClassVar[str] = "intake"
    compartments: ClassVar[tuple[Compartment, ...]] = ("contact", "file", "set-aside")

    http_port: Port = Field(8101, description="a port, 0 for any free one")
    metrics_port: Port = Field(9101, description="a port, 0 for any free one")
    case_secret: Annotated[Secret, NEVER] = Field(
        description="32 characters or more; it makes case ids and never changes"
    )
    fingerprint_secret: Annotated[Secret, FORGETS] = Field(
        description="32 characters or more; it tells the same report again"
    )
    person_secret: Annotated[Secret, NEVER] = Field(
        description="32 characters or more; it tells the same person again; it never changes"
    )
    keys: Annotated[Path, KEYRING] = Field(
        description="a folder of JWK files: keys for use enc (P-256) and use sig (Ed25519)"
    )

    key_days: Annotated[int, Field(ge=1, le=366)] = Field(
        30, description="days after which `relais keys rotate --due` publishes another key for stations"
    )

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
