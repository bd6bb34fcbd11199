"""The file by which one line is proven offline, without asking the log (C2SP tlog-proof)."""

import re
from dataclasses import dataclass

from services.audit.domain.exact64 import decoded, encoded
from services.audit.domain.merkle import HASH_SIZE

FIRST_LINE = "c2sp.org/tlog-proof@v1"
_HEAD = re.compile(
    rf"{re.escape(FIRST_LINE)}\n(?:extra (?P<extra>[A-Za-z0-9+/]*={{0,2}})\n)?index (?P<index>0|[1-9][0-9]*)\n"
    r"(?P<hashes>(?:[A-Za-z0-9+/=]+\n)*)"
)
_MOST_HASHES = 63


class MalformedProof(ValueError):
    """This is no proof file."""


@dataclass(frozen=True, slots=True)
class Proof:
    """A line's place, its path to the root, and the signed checkpoint that names this root.

    `extra` is for the reader's comfort and proves nothing.
    """

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: str
    extra: bytes = b""

    @property
    def text(self) -> str:
        """The file."""
        extra = f"extra {encoded(self.extra)}\n" if self.extra else ""
        path = "".join(f"{encoded(each)}\n" for each in self.hashes)
        return f"{FIRST_LINE}\n{extra}index {self.index}\n{path}\n{self.checkpoint}"


def read_proof(text: str) -> Proof:
    """The proof in a file; its checkpoint is still to be verified. Raises `MalformedProof`."""
    head, _, checkpoint = text.partition("\n\n")
    match = _HEAD.fullmatch(head + "\n")
    if match is None or not checkpoint:
        raise MalformedProof
    hashes = tuple(_decode(line) for line in match["hashes"].splitlines())
    if len(hashes) > _MOST_HASHES or any(len(each) != HASH_SIZE for each in hashes):
        raise MalformedProof
    return Proof(int(match["index"]), hashes, checkpoint, _decode(match["extra"] or ""))


def _decode(text: str) -> bytes:
    try:
        return decoded(text)
    except ValueError:
        raise MalformedProof from None
