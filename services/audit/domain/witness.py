"""What is said to a witness, and what it says (C2SP tlog-witness): somebody elsewhere who remembers what was signed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from services.audit.domain.exact64 import encoded
from services.audit.domain.note import COSIGNATURE, MalformedKey, NoteRefused, Verifier, open_note, read_vkey

LOOPBACK = ("127.0.0.1", "localhost")


class MalformedWitness(ValueError):
    """A line of the file of witnesses is none."""


@dataclass(frozen=True, slots=True)
class Witness:
    """Where a witness answers, and by which key its cosignatures are known."""

    url: str
    verifier: Verifier

    @property
    def name(self) -> str:
        """How it signs."""
        return self.verifier.name


def read_witnesses(text: str) -> tuple[Witness, ...]:
    """A witness a line: its address and its key, `https://witness.example name+id+key`. Raises `MalformedWitness`."""
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return tuple(_witness(line) for line in lines)


def _witness(line: str) -> Witness:
    url, _, vkey = line.strip().partition(" ")
    try:
        parts, verifier = urlsplit(url), read_vkey(vkey.strip())
    except (MalformedKey, ValueError):
        raise MalformedWitness from None
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)
    if not is_safe or not parts.hostname or parts.query or verifier.kind != COSIGNATURE:
        raise MalformedWitness
    return Witness(url.rstrip("/"), verifier)


def submission(old: int, proof: Sequence[bytes], note: str) -> str:
    """The body of `add-checkpoint`: from which size on, the proof that the log only grew since, and the checkpoint."""
    return "\n".join([f"old {old}", *map(encoded, proof), "", note])


def cosignature(answer: str, witness: Witness, note: str) -> str:
    """The line by which this witness has signed the checkpoint. Raises `NoteRefused`."""
    text = note.rpartition("\n\n")[0]
    for line in _lines(answer):
        try:
            open_note(f"{text}\n\n{line}\n", [witness.verifier])
        except ValueError:
            continue
        return line
    raise NoteRefused


def _lines(answer: str) -> Iterable[str]:
    return answer.removesuffix("\n").split("\n")[:8]
