"""Sealing and opening personal data: the only package that may decrypt."""

from shared.vault.blocks import Opened, Plain, Sealed
from shared.vault.failures import (
    Erased,
    MasterNotHere,
    NoMaster,
    NotMigrated,
    SealBroken,
    VaultUnavailable,
    WrongMaster,
)
from shared.vault.keys import Keys, Owner, migrate
from shared.vault.masters import COMPARTMENTS, Compartment, MasterFiles, Masters, UnusableMaster, new_master
from shared.vault.openings import Look, Openings
from shared.vault.rotating import Rotated, Used, is_due, rotate, used_masters
from shared.vault.vault import OF_A_CASE, Vault

__all__ = [
    "COMPARTMENTS",
    "OF_A_CASE",
    "Compartment",
    "Erased",
    "Keys",
    "Look",
    "MasterFiles",
    "MasterNotHere",
    "Masters",
    "NoMaster",
    "NotMigrated",
    "Opened",
    "Openings",
    "Owner",
    "Plain",
    "Rotated",
    "SealBroken",
    "Sealed",
    "UnusableMaster",
    "Used",
    "Vault",
    "VaultUnavailable",
    "WrongMaster",
    "is_due",
    "migrate",
    "new_master",
    "rotate",
    "used_masters",
]
