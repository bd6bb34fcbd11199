"""Signed notes and checkpoints (C2SP signed-note, tlog-checkpoint)."""

import re
from base64 import b64decode, b64encode
from binascii import Error
from hashlib import sha256
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from relais_verify.verdicts import NOT_SIGNED, UNREADABLE, Refused

ED25519, COSIGNATURE = b"\x01", b"\x04"
_LINE = re.compile(r"— (?P<name>[^\s+]+) (?P<signature>[A-Za-z0-9+/]+={0,2})")
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")


class Key(NamedTuple):
    """Whose signature is trusted, and whose must stand beside it under a checkpoint (C2SP tlog-cosignature)."""

    name: str
    id: bytes
    public: bytes
    kind: bytes = ED25519
    witnesses: tuple["Key", ...] = ()


class Checkpoint(NamedTuple):
    """The log's state as signed: its name, how many lines, and the root of their tree."""

    origin: str
    size: int
    root: bytes


def decoded(text: str) -> bytes:
    """Standard base64 in its one spelling. Raises `ValueError`."""
    content = b64decode(text, validate=True)
    if b64encode(content).decode() != text:
        raise ValueError
    return content


def read_key(vkey: str, kind: bytes = ED25519) -> Key:
    """The key in a line `name+id+key`. Raises `Refused`."""
    try:
        name, id_, text = vkey.strip().split("+", 2)
        public = decoded(text)
    except (ValueError, Error):
        raise Refused(UNREADABLE, "the key is no line name+id+key") from None
    computed = sha256(name.encode() + b"\n" + public).digest()[:4]
    if public[:1] != kind or len(public) != 33 or computed.hex() != id_:
        raise Refused(UNREADABLE, "the key's id does not belong to it, or it is no Ed25519 key of this kind")
    return Key(name, computed, public[1:], kind)


def open_note(note: str, key: Key, what: str) -> str:
    """The text that the key, and its witnesses, have signed. Raises `Refused`."""
    text, blank, lines = note.rpartition("\n\n")
    text += "\n"
    if not blank or not lines.endswith("\n"):
        raise Refused(UNREADABLE, f"{what} is no signed note")
    signatures = [_signature(line, what) for line in lines[:-1].split("\n")]
    for each in (key, *key.witnesses):
        theirs = [made[4:] for name, made in signatures if name == each.name and made[:4] == each.id]
        if not theirs:
            raise Refused(NOT_SIGNED, f"{what} bears no signature of {each.name}")
        try:
            for signature in theirs:
                _verify(each, signature, text)
        except InvalidSignature:
            raise Refused(NOT_SIGNED, f"{what} bears a wrong signature of {each.name}") from None
    return text


def _verify(key: Key, signature: bytes, text: str) -> None:
    if key.kind == COSIGNATURE:
        time, signature = int.from_bytes(signature[:8]), signature[8:]
        text = f"cosignature/v1\ntime {time}\n{text}"
    Ed25519PublicKey.from_public_bytes(key.public).verify(signature, text.encode())


def open_checkpoint(note: str, key: Key) -> Checkpoint:
    """The log's state in a note that the key has signed. Raises `Refused`."""
    lines = open_note(note, key, "the checkpoint").split("\n")
    try:
        root = decoded(lines[2])
    except (IndexError, ValueError):
        raise Refused(UNREADABLE, "the checkpoint is malformed") from None
    if len(root) != 32 or not _SIZE.fullmatch(lines[1]) or lines[0] != key.name:
        raise Refused(UNREADABLE, "the checkpoint is malformed, or another log's")
    return Checkpoint(lines[0], int(lines[1]), root)


def _signature(line: str, what: str) -> tuple[str, bytes]:
    match = _LINE.fullmatch(line)
    try:
        return (match["name"], decoded(match["signature"])) if match else ("", b"")
    except ValueError:
        raise Refused(UNREADABLE, f"a signature of {what} is malformed") from None
