"""Where a service's states are kept, and how a unit of work reads and saves them."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar

from pydantic import BaseModel
from pymongo.asynchronous.cursor import AsyncCursor
from pymongo.asynchronous.database import AsyncDatabase

from shared.asking import MOST_OF_AN_ANSWER, Document, Question, ask
from shared.delivery.cached import Cached, Kept, Revision

Database = AsyncDatabase[Document]
S = TypeVar("S", bound=BaseModel)
V = TypeVar("V")


@dataclass(frozen=True, slots=True, eq=False)
class Shelf(Generic[S]):
    """One collection of aggregates: a document holds the domain's state beside the engine's book-keeping.

    `dates` names the members that the database must compare with its own clock; all others are kept as JSON.
    `cached`: processes keep all of it in memory (`Cached`), so each change of it moves its revision.
    """

    name: str
    model: type[S]
    dates: tuple[str, ...] = ()
    cached: bool = False

    def document(self, state: S) -> Document:
        """The state as MongoDB keeps it."""
        document = state.model_dump(mode="json", exclude_none=True)
        return document | {name: at for name in self.dates if (at := getattr(state, name)) is not None}

    def state(self, document: Mapping[str, Any]) -> S:
        """The state of a document."""
        return self.model.model_validate(document, extra="ignore")


@dataclass(frozen=True, slots=True, eq=False)
class View(Generic[V]):
    """Something that handlers look at and never save: a roster, a count of open assignments.

    `stages` asks the collection of this name, `read` gives each id its part of the answer, or none.
    What a unit of work `put`s into a view is known to the rest of that unit only.
    """

    name: str
    stages: Callable[[Collection[str]], list[Document]]
    read: Callable[[Sequence[Document], Collection[str]], Mapping[str, V]]


@dataclass(frozen=True, slots=True, eq=False)
class Beside:
    """What whoever looks at an aggregate will look at next: the one that it names in a member. Asked for at once.

    As a key it has the id of the aggregate that names; what is found stands under its own shelf and id.
    """

    of: Shelf[Any]
    member: str
    shelf: Shelf[Any]

    @property
    def name(self) -> str:
        """The collection that is asked."""
        return self.of.name

    def stages(self, ids: Collection[str]) -> list[Document]:
        """How it is asked."""
        named = {"from": self.shelf.name, "localField": self.member, "foreignField": "_id", "as": "named"}
        these = {"$match": {"_id": {"$in": list(ids)}, self.member: {"$exists": True}}}
        return [these, {"$lookup": named}, {"$project": {"id": f"${self.member}", "named": {"$first": "$named"}}}]

    def read(self, answer: Sequence[Document]) -> Iterator["Tracked"]:
        """What is named, or that there is none."""
        for row in answer:
            yield tracked(self.shelf, row["named"]) if "named" in row else Tracked((self.shelf, row["id"]))


@dataclass(frozen=True, slots=True, eq=False)
class CachedView(Generic[V]):
    """The same, answered from what the process keeps in memory: `pick` gives each id its part of that, or none."""

    of: "Cached[Any, Any]"
    pick: Callable[[Any, str], V | None]

    @property
    def name(self) -> str:
        """The collection that is kept."""
        return self.of.shelf.name

    def guess(self, id_: str) -> V | None:
        """What is probably there, to ask at once for whatever will be looked at next."""
        return None if self.of.last is None else self.pick(self.of.last, id_)


Asked = Shelf[Any] | View[Any] | Beside
Place = Asked | CachedView[Any]
Key = tuple[Place, str]


class Nothing(BaseModel):
    """The state of a stream: an aggregate that has no facts of its own, only sequences."""


STREAMS: Shelf[Nothing] = Shelf("streams", Nothing)
"""Counts the events that belong to no aggregate, one document a topic and subject."""


def stream(topic: str, subject: object) -> Key:
    """What counts the events of a topic about a subject that belong to no aggregate."""
    return STREAMS, f"{topic} {subject}"


@dataclass(slots=True)
class Tracked:
    """One aggregate in a unit of work: its state, and what moves when it is saved.

    `rev` moves with every cause that touches it (the compare-and-swap), `version` when its facts change (the ETag),
    `sequences` with each event said about it, a count a topic. What comes from a cache has the revision that it is
    `as_of`: the transaction checks it.
    """

    key: Key
    state: Any = None
    loaded_rev: int = 0
    rev: int = 0
    version: int = 0
    sequences: dict[str, int] = field(default_factory=dict)
    said: int = 0
    as_of: Revision | None = None

    @property
    def aggregate(self) -> str:
        """The name by which the outbox orders this aggregate's events."""
        return f"{self.key[0].name}/{self.key[1]}"

    @property
    def is_touched(self) -> bool:
        """Whether anything must be saved."""
        return self.rev != self.loaded_rev

    def copy(self) -> "Tracked":
        """The same, to be worked on; a state is never changed, only replaced."""
        return replace(self, sequences=dict(self.sequences))

    def document(self) -> Document:
        """What replaces, or becomes, the stored document."""
        shelf, id_ = self.key
        body = shelf.document(self.state) if isinstance(shelf, Shelf) and self.state is not None else {}
        return {"_id": id_, "rev": self.rev, "version": self.version, "sequences": self.sequences, **body}


def tracked(shelf: Shelf[Any], document: Mapping[str, Any]) -> Tracked:
    """A stored aggregate, ready to be worked on."""
    return Tracked(
        key=(shelf, document["_id"]),
        state=shelf.state(document),
        loaded_rev=document["rev"],
        rev=document["rev"],
        version=document["version"],
        sequences=dict(document["sequences"]),
    )


async def load(database: Database, keys: Collection[Key]) -> dict[Key, Tracked]:
    """Read every key that exists, all in one question; one that does not exist is tracked as absent."""
    ids, views = defaultdict[Asked, list[str]](list), defaultdict[CachedView[Any], list[str]](list)
    for place, id_ in keys:
        if isinstance(place, CachedView):
            views[place].append(id_)
        else:
            ids[place].append(id_)
    looks = {cached: cached.look() for cached in dict.fromkeys(view.of for view in views)}
    questions = [_question(place, wanted) for place, wanted in ids.items()]
    answers = await ask(database, [*questions, *(look.question for look in looks.values())])
    kept = {cached: look.read(answers[len(ids) + n]) for n, (cached, look) in enumerate(looks.items())}
    stored = (_tracked(place, wanted, answer) for (place, wanted), answer in zip(ids.items(), answers, strict=False))
    seen = (_seen(view, wanted, kept[view.of]) for view, wanted in views.items())
    found = {each.key: each for of_a_place in (*stored, *seen) for each in of_a_place}
    return found | {key: Tracked(key) for key in keys if key not in found}


def _seen(view: CachedView[Any], ids: Collection[str], kept: Kept[Any]) -> Iterator[Tracked]:
    return (Tracked((view, id_), view.pick(kept.value, id_), as_of=kept.revision) for id_ in ids)


def _question(place: Asked, ids: Collection[str]) -> Question:
    if isinstance(place, Shelf):
        return place.name, [{"$match": {"_id": {"$in": list(ids)}}}]
    return place.name, place.stages(ids)


def _tracked(
    place: Shelf[Any] | View[Any] | Beside, ids: Collection[str], answer: Sequence[Document]
) -> Iterator[Tracked]:
    if isinstance(place, View):
        return (Tracked((place, id_), state=value) for id_, value in place.read(answer, ids).items())
    if isinstance(place, Beside):
        return place.read(answer)
    return (tracked(place, document) for document in answer)


def find_ids(database: Database, name: str, ids: Collection[str], shown: Any = None) -> AsyncCursor[Document]:
    """The documents of these ids."""
    return database[name].find({"_id": {"$in": list(ids)}}, shown, batch_size=MOST_OF_AN_ANSWER)
