"""Signed notes: text under which somebody's key stands (C2SP signed-note).

The log signs its checkpoints so; a witness adds a line of its own.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from services.audit.domain.exact64 import decoded, encoded

ED25519, COSIGNATURE = b"\x01", b"\x04"
"""Kinds of keys: a log's, and a witness's, which signs with the time (C2SP tlog-cosignature)."""
_KEY_ID = 4
_PUBLIC_KEY = 32
_TIME = 8
_MOST_SIGNATURES = 64
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")
_LINE = re.compile(r"— (?P<name>[^\s+]+) (?P<signature>[A-Za-z0-9+/]+={0,2})")


class MalformedNote(ValueError):
    """This is no signed note."""


class MalformedKey(ValueError):
    """This is no verifier key."""


class NoteRefused(ValueError):
    """The note bears no valid signature of a key that is trusted."""


@dataclass(frozen=True, slots=True)
class Verifier:
    """Whose signature is trusted: a name and a public key, known from elsewhere."""

    name: str
    public: bytes
    kind: bytes = ED25519

    @property
    def key_id(self) -> bytes:
        """Four bytes that tell this key from others of the same name."""
        return sha256(self.name.encode() + b"\n" + self.kind + self.public).digest()[:_KEY_ID]

    @property
    def vkey(self) -> str:
        """The key as auditors write it down: name, key id in hex, type and public key in base64."""
        return f"{self.name}+{self.key_id.hex()}+{encoded(self.kind + self.public)}"

    def can_verify(self, text: str, signature: bytes) -> bool:
        """Whether this key made the signature over this text."""
        signed = text.encode()
        if self.kind == COSIGNATURE:
            signature, signed = signature[_TIME:], cosigned(int.from_bytes(signature[:_TIME]), text)
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, signed)
        except InvalidSignature:
            return False
        return True


class SigningKey(Protocol):
    """An Ed25519 key, wherever it is: all that a hardware module (HSM) or a key service (KMS) must be able to do."""

    @property
    def public(self) -> bytes:
        """The public key, 32 bytes (RFC 8032)."""

    def sign(self, message: bytes) -> bytes:
        """The signature of a message, 64 bytes."""


@dataclass(frozen=True, slots=True)
class KeyInMemory:
    """A key that was read from a file."""

    private: Ed25519PrivateKey

    @property
    def public(self) -> bytes:
        """As the protocol says."""
        return self.private.public_key().public_bytes_raw()

    def sign(self, message: bytes) -> bytes:
        """As the protocol says."""
        return self.private.sign(message)


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs for the log under its name."""

    name: str
    key: SigningKey

    @property
    def verifier(self) -> Verifier:
        """What others need to check what it signed."""
        check_name(self.name)
        return Verifier(self.name, self.key.public)

    def sign(self, text: str) -> str:
        """The text as a note with this one signature. Raises `MalformedNote` for a text that can't be one."""
        check_text(text)
        signature = encoded(self.verifier.key_id + self.key.sign(text.encode()))
        return f"{text}\n— {self.name} {signature}\n"


def cosigned(at: int, text: str) -> bytes:
    """What a witness signs: that it has seen this text at this time, in seconds since 1970."""
    return f"cosignature/v1\ntime {at}\n{text}".encode()


def check_name(name: str) -> None:
    """Raises `MalformedKey` for a name that a signature line can't bear."""
    if not name or "+" in name or any(sign.isspace() or sign < " " for sign in name):
        raise MalformedKey


def check_text(text: str) -> None:
    """Raises `MalformedNote` unless the text may be signed."""
    if not text.endswith("\n") or _CONTROL.search(text):
        raise MalformedNote


def read_vkey(vkey: str) -> Verifier:
    """The verifier that a line `name+id+key` names. Raises `MalformedKey`."""
    try:
        name, _, public = vkey.split("+", 2)
        key = decoded(public)
    except ValueError:
        raise MalformedKey from None
    check_name(name)
    verifier = Verifier(name, key[1:], key[:1])
    if verifier.kind not in (ED25519, COSIGNATURE) or len(key) != 1 + _PUBLIC_KEY or verifier.vkey != vkey:
        raise MalformedKey
    return verifier


def open_note(note: str, trusted: Iterable[Verifier]) -> str:
    """The text of a note that at least one trusted key signed.

    A trusted key's wrong signature spoils the whole note. Raises `MalformedNote` and `NoteRefused`.
    """
    text, signatures = _parts(note)
    known = {(verifier.name, verifier.key_id): verifier for verifier in trusted}
    checks = [
        known[name, signature[:_KEY_ID]].can_verify(text, signature[_KEY_ID:])
        for name, signature in signatures
        if (name, signature[:_KEY_ID]) in known
    ]
    if not checks or not all(checks):
        raise NoteRefused
    return text


def _parts(note: str) -> tuple[str, list[tuple[str, bytes]]]:
    text, blank, lines = note.rpartition("\n\n")
    check_text(note)
    matches = [_LINE.fullmatch(line) for line in lines.removesuffix("\n").split("\n")]
    if not blank or not 0 < len(matches) <= _MOST_SIGNATURES:
        raise MalformedNote
    return text + "\n", [_signature(match) for match in matches]


def _signature(match: re.Match[str] | None) -> tuple[str, bytes]:
    try:
        name, text = match.group("name", "signature")  # type: ignore[union-attr] # a line that does not match raises below
        signature = decoded(text)
    except (AttributeError, ValueError):
        raise MalformedNote from None
    if len(signature) <= _KEY_ID:
        raise MalformedNote
    return name, signature
