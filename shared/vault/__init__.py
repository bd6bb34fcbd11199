"""Sealing and opening personal data: the only package that may decrypt."""

from shared.vault.blocks import Opened, Plain, Sealed
from shared.vault.failures import Erased, NoMaster, NotMigrated, SealBroken, VaultUnavailable, WrongMaster
from shared.vault.keys import Keys, Owner, migrate
from shared.vault.masters import Compartment, MasterFiles, Masters, UnusableMaster, new_master
from shared.vault.openings import Look, Openings
from shared.vault.vault import OF_A_CASE, Vault

__all__ = [
    "OF_A_CASE",
    "Compartment",
    "Erased",
    "Keys",
    "Look",
    "MasterFiles",
    "Masters",
    "NoMaster",
    "NotMigrated",
    "Opened",
    "Openings",
    "Owner",
    "Plain",
    "SealBroken",
    "Sealed",
    "UnusableMaster",
    "Vault",
    "VaultUnavailable",
    "WrongMaster",
    "migrate",
    "new_master",
]
