"""Intake's keys as one published set: stations encrypt to the newest, and check receipts with any of them."""

import json
from collections.abc import Sequence
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
        keys = [_read(path) for path in sorted(folder.glob("*.json"))]
        kids = [key.kid for key in keys]
        if len(set(kids)) != len(kids):
            raise UnusableKey(f"Two key files in {folder} have the same kid.")
        return cls([key for key in keys if isinstance(key, ECKey)], [key for key in keys if isinstance(key, OKPKey)])

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
    encryption = ECKey.generate_key("P-256", {"use": "enc"}, auto_kid=True)
    signature = OKPKey.generate_key("Ed25519", {"use": "sig"}, auto_kid=True)
    for key, use in ((encryption, "enc"), (signature, "sig")):
        path = folder / f"{name}-{use}.json"
        path.touch(PRIVATE_MODE, exist_ok=False)
        path.write_text(json.dumps(key.as_dict(private=True)))
