"""Whether the log may be signed: only if it continues what was signed before, line for line."""

from collections.abc import Sequence

from services.audit.domain.checkpoint import Checkpoint, MalformedCheckpoint, read_checkpoint
from services.audit.domain.edge import Edge
from services.audit.domain.head import Head
from services.audit.domain.note import MalformedNote, NoteRefused, Verifier, open_note


class NotToBeSigned(Exception):
    """The log does not continue what was signed before."""

    def __init__(self, **seen: object) -> None:
        super().__init__((self.__doc__ or "").format(**seen))


class RolledBack(NotToBeSigned):
    """The database holds {held} lines, a checkpoint over {signed} lines was published: an older state was put back."""


class Rewritten(NotToBeSigned):
    """The first {signed} lines have root {held}, the published checkpoint says {published}: past lines were changed."""


class Damaged(NotToBeSigned):
    """The {size} lines have root {found}, the head says {held}: lines, tiles or head were changed."""


class SignedByAnother(NotToBeSigned):
    """The published checkpoints of {origin} are not signed by {vkey}: this is another log's key, or another log."""


class WitnessedLonger(NotToBeSigned):
    """Witness {witness} has seen {signed} lines, the database holds {held}: an older state was put back."""


class WitnessedOtherwise(NotToBeSigned):
    """The {held} lines do not continue what witness {witness} has seen: past lines were changed."""


class TakenOver(Exception):
    """Another process writes the log now."""

    def __init__(self) -> None:
        super().__init__(self.__doc__)


class Ended(Exception):
    """Another log continues this one: it is read, and never written again."""

    def __init__(self) -> None:
        super().__init__(self.__doc__)


def newest_note(notes: Sequence[str], verifier: Verifier) -> tuple[str, Checkpoint] | None:
    """The longest state that this key signed, among notes, with its note; nothing where there is none."""
    found: list[tuple[str, Checkpoint]] = []
    for note in notes:
        try:
            found.append((note, read_checkpoint(open_note(note, [verifier]))))
        except (MalformedNote, MalformedCheckpoint, NoteRefused):
            continue
    return max(found, key=lambda each: each[1].size, default=None)


def newest(notes: Sequence[str], verifier: Verifier) -> Checkpoint | None:
    """The longest state that our key signed, among published notes; `None` where nothing was published for our log.

    Raises `SignedByAnother` where our log was published, but never under our key.
    """
    found = newest_note(notes, verifier)
    if found is None and any(note.startswith(f"{verifier.name}\n") for note in notes):
        raise SignedByAnother(origin=verifier.name, vkey=verifier.vkey)
    return found[1] if found else None


def check_long_enough(head: Head, published: Checkpoint | None) -> None:
    """Raises `RolledBack` where the log is shorter than it once was."""
    if published and head.size < published.size:
        raise RolledBack(held=head.size, signed=published.size)


def check_published(edge: Edge, published: Checkpoint) -> None:
    """Raises `Rewritten` unless the lines up to a published checkpoint still amount to it."""
    root = edge.frontier.root
    if root != published.root:
        raise Rewritten(signed=published.size, held=root.hex(), published=published.root.hex())


def check_head(edge: Edge, head: Head) -> None:
    """Raises `Damaged` unless the lines amount to what the head says."""
    if edge.frontier != head.frontier:
        raise Damaged(size=edge.size, found=edge.frontier.root.hex(), held=head.frontier.root.hex())
