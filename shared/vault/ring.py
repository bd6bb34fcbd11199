"""Intake's keys as one published set: stations encrypt to the newest, and check receipts with any of them."""

import json
import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySetSerialization, OKPKey

PublicKeys = KeySetSerialization
"""A JWK Set (RFC 7517) of public keys, each with `kid` and `use`: `enc` or `sig`."""

PRIVATE_MODE = 0o600


class UnusableKey(Exception):
    """A key file does not hold what it must."""


class Ring:
    """Intake's encryption keys (P-256) and signing keys (Ed25519), each kind oldest first.

    The newest encrypts and signs; older ones open until their file is removed; old signature keys may stay
    as public keys, so that every receipt can be checked.
    """

    def __init__(self, encryption: Sequence[ECKey], signature: Sequence[OKPKey]) -> None:
        signing = [key for key in signature if key.is_private]
        if not encryption or not signing:
            raise UnusableKey(
                "Intake needs at least one private key for use enc (P-256) and one for use sig (Ed25519)."
            )
        self.encryption = {str(key.kid): key for key in encryption}
        self.signing = signing[-1]
        self._newest = encryption[-1]
        self._signature = signature

    @classmethod
    def read(cls, folder: Path) -> "Ring":
        """The ring kept in a folder of JWK files (`*.json`), older names first. Raises `UnusableKey`."""
        keys = [_read(path) for path in _files(folder)]
        kids = [key.kid for key in keys]
        if len(set(kids)) != len(kids):
            raise UnusableKey(f"Two key files in {folder} have the same kid.")
        return cls([key for key in keys if isinstance(key, ECKey)], [key for key in keys if isinstance(key, OKPKey)])

    def take(self, other: "Ring") -> None:
        """Hold what another ring holds: keys were added or destroyed while this one was in use."""
        self.encryption, self.signing = other.encryption, other.signing
        self._newest, self._signature = other._newest, other._signature

    def public(self) -> PublicKeys:
        """What is published: the key to encrypt to, and every key that ever signed."""
        published: list[ECKey | OKPKey] = [self._newest, *reversed(self._signature)]
        return {"keys": [key.as_dict(private=False) for key in published]}


def _read(path: Path) -> ECKey | OKPKey:
    unusable = UnusableKey(f"{path} is not a JWK with kid for use enc (private, P-256) or use sig (Ed25519).")
    try:
        members = json.loads(path.read_text())
        kind, curve, use = members["kty"], members["crv"], members["use"]
        if not members["kid"]:
            raise unusable
        if (kind, curve, use) == ("EC", "P-256", "enc") and "d" in members:
            return ECKey.import_key(members)
        if (kind, curve, use) == ("OKP", "Ed25519", "sig"):
            return OKPKey.import_key(members)
    except (OSError, ValueError, TypeError, KeyError, JoseError):
        raise unusable from None
    raise unusable


def write_new_keys(folder: Path, name: str) -> None:
    """Add a new encryption key and a new signing key to a ring's folder; `name` (a date) says how new they are."""
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / f"{name}-enc.json", ECKey.generate_key("P-256", {"use": "enc"}, auto_kid=True))
    _write(folder / f"{name}-sig.json", OKPKey.generate_key("Ed25519", {"use": "sig"}, auto_kid=True))


def add_encryption_key(folder: Path) -> str:
    """Add an encryption key that is newer than all others. Returns its kid. Raises `UnusableKey`."""
    key = ECKey.generate_key("P-256", {"use": "enc"}, auto_kid=True)
    newest = encryption_files(folder)[-1][1].stem
    name = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ-enc")
    _write(folder / f"{name if name > newest else newest + '-enc'}.json", key)
    return str(key.kid)


def encryption_files(folder: Path) -> list[tuple[str, Path]]:
    """The kid and the file of each encryption key, the oldest first. Raises `UnusableKey`."""
    read = [(_read(path), path) for path in _files(folder)]
    return [(str(key.kid), path) for key, path in read if isinstance(key, ECKey)]


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.json"), key=lambda path: path.stem)


def remove_key(path: Path) -> None:
    """Overwrite a key's file and remove it. What a disk or a backup still keeps of it is its owner's to destroy."""
    with path.open("r+b") as file:
        file.write(b"\0" * path.stat().st_size)
        file.flush()
        os.fsync(file.fileno())
    path.unlink()


def _write(path: Path, key: ECKey | OKPKey) -> None:
    """Whole or not at all: a running intake looks at the folder."""
    new = path.with_suffix(".new")
    new.touch(PRIVATE_MODE, exist_ok=False)
    new.write_text(json.dumps(key.as_dict(private=True)))
    if path.exists():
        raise FileExistsError(path)
    new.rename(path)
