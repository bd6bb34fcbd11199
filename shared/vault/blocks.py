"""What goes into the vault's hands and what comes out: blocks of personal data, plain or sealed."""

from dataclasses import dataclass, field

from shared.vault.failures import Erased, SealBroken
from shared.vault.masters import Compartment


@dataclass(frozen=True, slots=True)
class Plain:
    """Personal data to be sealed under the data key of its owner: a case, a set-aside row, a year of justifications.

    Its content shows in no log and no error.
    """

    compartment: Compartment
    owner: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Sealed:
    """Personal data as it travels and rests: one explicit encryption, useless without its owner's data key."""

    compartment: Compartment
    owner: str
    sealed: bytes = field(repr=False)


Opened = bytes | Erased | SealBroken
"""What opening one sealed block came to."""
