"""What the log says of itself: this many lines, this root (C2SP tlog-checkpoint)."""

import re
from dataclasses import dataclass

from services.audit.domain.exact64 import decoded, encoded
from services.audit.domain.merkle import HASH_SIZE

_SIZE = re.compile(r"0|[1-9]\d{0,18}", re.ASCII)


class MalformedCheckpoint(ValueError):
    """This is no checkpoint."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The state of the log called `origin`: its number of lines and their root."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """What is signed: three lines, none of them ours to extend."""
        return f"{self.origin}\n{self.size}\n{encoded(self.root)}\n"


def read_checkpoint(text: str) -> Checkpoint:
    """The checkpoint in a note's text; further lines are passed over. Raises `MalformedCheckpoint`."""
    lines = text.split("\n")
    if len(lines) < 4 or lines[-1] or not all(lines[:-1]) or not _SIZE.fullmatch(lines[1]):
        raise MalformedCheckpoint
    try:
        root = decoded(lines[2])
    except ValueError:
        raise MalformedCheckpoint from None
    if len(root) != HASH_SIZE:
        raise MalformedCheckpoint
    return Checkpoint(lines[0], int(lines[1]), root)
