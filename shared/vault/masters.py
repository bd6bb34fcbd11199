"""Master keys: what a service must hold to seal and open a compartment. They live outside MongoDB."""

import secrets
from collections.abc import Iterable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Literal, get_args

from pydantic import Field, SecretBytes
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.secret_settings import Rotation

Compartment = Literal["contact", "file", "set-aside", "access"]
"""`contact`: how to reach a person; `file`: all else about her; `set-aside`: records as they came, undecided;
`access`: why somebody looked, in free text."""

COMPARTMENTS: tuple[Compartment, ...] = get_args(Compartment)

Masters = Mapping[Compartment, SecretBytes]
"""The masters of each compartment, one after the other and the newest first: two while one follows the other."""

MASTER_BYTES = 96
MOST_AT_ONCE = 2
RE_WRAPPED = Rotation("`relais masters rotate --due`, each day: the vault's keys are wrapped by a new master")


class UnusableMaster(Exception):
    """A master key is missing or has the wrong size."""


class MasterFiles(BaseSettings):
    """Where this service finds its master keys: `RELAIS_MASTER_CONTACT_FILE` and so on.

    Each file holds one master of 96 bytes, or two while `relais masters rotate` is at work: the newest first.
    """

    model_config = SettingsConfigDict(env_prefix="RELAIS_MASTER_", env_ignore_empty=True, extra="ignore")

    contact_file: Annotated[Path | None, RE_WRAPPED] = Field(
        None, description="a file of 96 bytes, the master for how to reach a person"
    )
    file_file: Annotated[Path | None, RE_WRAPPED] = Field(
        None, description="a file of 96 bytes, the master for all else about a person"
    )
    set_aside_file: Annotated[Path | None, RE_WRAPPED] = Field(
        None, description="a file of 96 bytes, the master for records as they came, undecided"
    )
    access_file: Annotated[Path | None, RE_WRAPPED] = Field(
        None, description="a file of 96 bytes, the master for why somebody looked, in free text"
    )

    def read(self, compartments: Iterable[Compartment]) -> Masters:
        """The masters of these compartments, and of no others. Raises `UnusableMaster`, with one clear sentence."""
        return {compartment: self._master(compartment) for compartment in compartments}

    def _master(self, compartment: Compartment) -> SecretBytes:
        setting, path = setting_of(compartment), self.path_of(compartment)
        try:
            masters = path.read_bytes()
        except OSError as error:
            raise UnusableMaster(f"{setting}: the file {path} can't be read ({error.strerror}).") from None
        if len(masters) not in {MASTER_BYTES * (n + 1) for n in range(MOST_AT_ONCE)}:
            raise UnusableMaster(
                f"{setting}: the file {path} must hold exactly 96 bytes, it holds {len(masters)}"
                " (twice as many only while `relais masters rotate` is at work)."
            )
        return SecretBytes(masters)

    def path_of(self, compartment: Compartment) -> Path:
        """Return the file of a compartment's master. Raises `UnusableMaster` where the setting is missing."""
        path: Path | None = getattr(self, f"{member_name(compartment)}_file")
        if path is None:
            setting = setting_of(compartment)
            raise UnusableMaster(f"{setting} is not set: it names the file of the master key for {compartment}.")
        return path


def setting_of(compartment: Compartment) -> str:
    """The setting that names the file of a compartment's master."""
    return f"RELAIS_MASTER_{member_name(compartment).upper()}_FILE"


def split(masters: SecretBytes) -> list[bytes]:
    """Return the masters of one compartment, the newest first."""
    held = masters.get_secret_value()
    return [held[at : at + MASTER_BYTES] for at in range(0, len(held), MASTER_BYTES)]


def provider_of(compartment: Compartment, master: bytes) -> str:
    """Return the name by which a data key says which master wraps it; it tells nothing of the master's bytes."""
    return f"{unnamed_provider(compartment)}_{sha256(master).hexdigest()[:16]}"


def unnamed_provider(compartment: Compartment) -> str:
    """Return the name of a compartment's master as data keys bear it that were made before masters could rotate."""
    return f"local:{member_name(compartment)}"


def member_name(compartment: Compartment) -> str:
    """The compartment's name where hyphens are not allowed: MongoDB's named masters, collections, settings."""
    return compartment.replace("-", "_")


def new_master() -> bytes:
    """A master key by chance, for a stack that has none yet."""
    return secrets.token_bytes(MASTER_BYTES)
