"""Small collections that a process keeps in memory, parsed: they are read again only when their revision has moved.

Every unit of work that changes such a shelf moves its revision in the same transaction, and every one that decided on
what is kept checks in its own transaction that the revision is still the same (`transaction`). A revision is drawn
anew each time and never counted: one that was rolled back never comes again.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from bson import ObjectId
from pydantic import BaseModel

from shared.asking import Document, Question

if TYPE_CHECKING:
    from shared.delivery.shelf import Shelf

S = TypeVar("S", bound=BaseModel)
R = TypeVar("R")
REVISIONS = "revisions"


class Revision(NamedTuple):
    """How a collection stood at one moment."""

    name: str
    drawn: ObjectId


@dataclass(frozen=True, slots=True)
class Kept(Generic[R]):
    """A whole collection, parsed, and the revision at which it was read, or one before."""

    revision: Revision
    value: R


class NoRevision(LookupError):
    """A cached collection has no revision: run `relais migrate`, then start again."""

    def __init__(self) -> None:
        super().__init__(self.__doc__)


class Cached(Generic[S, R]):
    """Everything on one shelf, as `build` makes it of all its states."""

    def __init__(self, shelf: "Shelf[S]", build: Callable[[Sequence[S]], R]) -> None:
        self.shelf = shelf
        self._build = build
        self._kept: Kept[R] | None = None

    @property
    def last(self) -> R | None:
        """What was read last, if anything was: good for a guess and for no decision."""
        return self._kept.value if self._kept else None

    def look(self) -> "Look[R]":
        """Begin to look at it as it stands now."""
        return Look(self, self._kept)

    def keep(self, revision: Revision, rows: Sequence[Document]) -> Kept[R]:
        """Keep what was just read, unless somebody else has read the same meanwhile."""
        if self._kept is None or self._kept.revision != revision:
            self._kept = Kept(revision, self._build([self.shelf.state(row) for row in rows]))
        return self._kept


@dataclass(frozen=True, slots=True)
class Look(Generic[R]):
    """One look at it: the question that is asked, and what was kept when it was asked.

    The revision is read before the rows, so what is kept may be newer than its revision says and never older; whoever
    decides on it then fails and looks again.
    """

    of: Cached[Any, R]
    kept: Kept[R] | None

    @property
    def question(self) -> Question:
        """All rows and their revision, or nothing where the kept revision still stands."""
        name = self.of.shelf.name
        moved = {"drawn": {"$ne": self.kept.revision.drawn}} if self.kept else {}
        rows = {"from": name, "pipeline": list[Document](), "as": "row"}
        unwound = {"path": "$row", "preserveNullAndEmptyArrays": True}
        return REVISIONS, [{"$match": {"_id": name, **moved}}, {"$lookup": rows}, {"$unwind": unwound}]

    def read(self, answer: Sequence[Document]) -> Kept[R]:
        """What is kept from now on. Raises `NoRevision`."""
        if answer:
            rows = [each["row"] for each in answer if "row" in each]
            return self.of.keep(Revision(self.of.shelf.name, answer[0]["drawn"]), rows)
        if self.kept is None:
            raise NoRevision
        return self.kept
