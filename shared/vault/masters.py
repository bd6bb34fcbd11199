"""Master keys: what a service must hold to seal and open a compartment. They live outside MongoDB."""

import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretBytes
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.secret_settings import Rotation

Compartment = Literal["contact", "file", "set-aside", "access"]
"""`contact`: how to reach a person; `file`: all else about her; `set-aside`: records as they came, undecided;
`access`: why somebody looked, in free text."""

Masters = Mapping[Compartment, SecretBytes]

MASTER_BYTES = 96
RE_WRAPPED = Rotation("a new master, under which the keys of the vault are wrapped anew")


class UnusableMaster(Exception):
    """A master key is missing or has the wrong size."""


class MasterFiles(BaseSettings):
    """Where this service finds its master keys: `RELAIS_MASTER_CONTACT_FILE` and so on, each a file of 96 bytes."""

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
        member = f"{member_name(compartment)}_file"
        setting = f"RELAIS_MASTER_{member.upper()}"
        path: Path | None = getattr(self, member)
        if path is None:
            raise UnusableMaster(f"{setting} is not set: it names the file of the master key for {compartment}.")
        try:
            master = path.read_bytes()
        except OSError as error:
            raise UnusableMaster(f"{setting}: the file {path} can't be read ({error.strerror}).") from None
        if len(master) != MASTER_BYTES:
            raise UnusableMaster(f"{setting}: the file {path} must hold exactly 96 bytes, it holds {len(master)}.")
        return SecretBytes(master)


def member_name(compartment: Compartment) -> str:
    """The compartment's name where hyphens are not allowed: MongoDB's named masters, collections, settings."""
    return compartment.replace("-", "_")


def new_master() -> bytes:
    """A master key by chance, for a stack that has none yet."""
    return secrets.token_bytes(MASTER_BYTES)
