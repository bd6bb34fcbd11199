"""Why something can't be sealed or opened: erased, broken, away, or not this service's to open."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from pymongo.errors import BulkWriteError, DuplicateKeyError, PyMongoError


class VaultFailure(Exception):
    """A failure of the vault says its docstring, and never what was sealed."""

    def __str__(self) -> str:
        return self.__doc__ or ""


class Erased(VaultFailure):
    """This person's data is erased: its data key is destroyed for good."""

    def __init__(self, owners: Iterable[str] = ()) -> None:
        super().__init__()
        self.owners = frozenset(owners)


class SealBroken(VaultFailure):
    """What is sealed does not open: it was changed, is another owner's, or its data key is lost."""


class VaultUnavailable(VaultFailure):
    """The vault's database does not answer: the same work may succeed later."""


class NotMigrated(VaultFailure):
    """The vault has no index that lets an owner have one data key only: run `relais migrate` first."""


class MasterFailure(VaultFailure):
    """A master key is not what a compartment needs; which compartment is said after the sentence."""

    def __init__(self, compartment: str) -> None:
        super().__init__(compartment)
        self.compartment = compartment

    def __str__(self) -> str:
        return f"{self.__doc__} [{self.compartment}]"


class NoMaster(MasterFailure):
    """This service was given no master key for a compartment, so it may neither seal nor open there."""


class WrongMaster(MasterFailure):
    """The master key of a compartment is not the one that its data keys were made under."""


class MasterNotHere(VaultUnavailable):
    """A data key's master is not in this service's file: `relais masters rotate` was run where the file is another."""


@contextmanager
def causes_shown() -> Iterator[None]:
    """Raise `VaultUnavailable` for whatever a database can answer, for no record can cause that.

    What tells that somebody was faster passes: `DuplicateKeyError`, `BulkWriteError`.
    """
    try:
        yield
    except (DuplicateKeyError, BulkWriteError):
        raise
    except PyMongoError as error:
        raise VaultUnavailable from error
