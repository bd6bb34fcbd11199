"""Tableau de service as a whole: what départements hand over, checked before anything of it is kept."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import NamedTuple

from services.referral.domain.coordination import Coordinator, Fallback, OnCall, Owner, Territory
from services.referral.domain.partners import Partner
from services.referral.domain.posts import Iscg, Post
from services.referral.domain.reachable import Reachable
from shared.contracts.fields import Block
from shared.contracts.reachable import address_fault

Entry = Post | Coordinator | Territory | Fallback | Partner


class Roster(Block):
    """Posts, coordinators, territories and partners that belong together: all of the départements that it names.

    Of whatever it leaves out (`None`), what is known stays as it is.
    """

    posts: tuple[Post, ...]
    coordinators: tuple[Coordinator, ...] | None = None
    territories: tuple[Territory, ...] | None = None
    fallback: Fallback | None = None
    partners: tuple[Partner, ...] | None = None

    def departements(self) -> frozenset[str]:
        """Whose roster it is."""
        coordinated = [each.departement for each in self.coordinators or ()]
        return frozenset([*coordinated, *(post.departement for post in self.posts)])

    def entries(self) -> list[Entry]:
        """Everything that it names."""
        fallback = (self.fallback,) if self.fallback else ()
        return [*self.posts, *(self.coordinators or ()), *(self.territories or ()), *fallback, *(self.partners or ())]

    def faults(self, coordinated: Iterable[str] = ()) -> list[str]:
        """What does not fit together, in sentences; `coordinated` are the départements whose coordinator is known."""
        known = {each.departement for each in self.coordinators or ()} | set(coordinated)
        alone = {post.departement for post in self.posts} - known
        return [
            *(f"{code} has posts and no coordinator" for code in sorted(alone)),
            *(f"territory {code} stands in it, and neither posts nor a coordinator of {code}" for code in self._lone()),
            *(f"{each.id} names `agreed`: a file agrees to nothing" for each in self.posts if each.agreed),
            *(f"{name} stands in it twice" for name in _twice(key_of(each) for each in self.entries())),
            *(f"{id_} is filled more than once" for id_ in _twice(post.iscg.id for post in self.posts if post.iscg)),
            *(f"{id_} is covered by {by}, which is no other post of it" for id_, by in self._uncovered()),
            *(
                f"{each.id} is told by webhook: that is for partners' software only"
                for each in self._people_by_webhook()
            ),
            *self._unusable_addresses(),
            *(f"partner {each.id} {fault}" for each in self.partners or () for fault in each.faults()),
        ]

    def foreign(self, known: Iterable[Entry], stations: Mapping[str, str]) -> list[str]:
        """Who would sit or cover where the coordinator has not agreed, in sentences.

        `stations` are the départements of those that are known; agreements stand with the posts as they are known.
        """
        before = {each.id: each for each in known if isinstance(each, Post)}
        posts = {each.id: each.with_agreements_of(before.get(each.id)) for each in self.posts}
        away = ((post, each.covered_by) for post in posts.values() for each in post.absences if each.covered_by)
        return [
            *(
                f"{post.id} sits at {each.station}, and the coordinator of {stations[each.station]} has not agreed: "
                f"`relais roster agree {post.id} {each.station}`"
                for post in posts.values()
                for each in post.presences
                if not post.may_sit_at(each.station, stations.get(each.station, post.departement))
            ),
            *(
                f"{post.id} is covered by {by} of {posts[by].departement}: the coordinator of {post.departement} must "
                "agree to it at each of its stations"
                for post, by in away
                if by in posts and not posts[by].may_cover(post)
            ),
        ]

    def untold(self) -> list[tuple[str, tuple[str, ...]]]:
        """Who can't be told by any channel, and why by none of them: its id, and a sentence for each channel."""
        everybody = (*self._people(), *(self.partners or ()))
        found = ((each, _faults_of_channels(each)) for each in everybody)
        return [(each.id, faults) for each, faults in found if len(faults) == len(each.channels)]

    def _lone(self) -> list[str]:
        """Territories of others: only a roster of a département says who helps it out."""
        return sorted({each.departement for each in self.territories or ()} - self.departements())

    def _people(self) -> Iterator[Iscg | Owner | OnCall]:
        """Everybody of it who is told of cases, but the partners."""
        yield from (post.iscg for post in self.posts if post.iscg)
        for owner in (*(self.coordinators or ()), *((self.fallback,) if self.fallback else ())):
            yield owner
            if owner.on_call:
                yield owner.on_call

    def _people_by_webhook(self) -> Iterator[Iscg | Owner | OnCall]:
        return (each for each in self._people() if each.by_webhook)

    def _unusable_addresses(self) -> Iterator[str]:
        """By which addresses nobody can be told. What stands there is not repeated."""
        for each in (*self._people(), *(self.partners or ())):
            yield from (f"{each.id}, {fault}" for fault in _faults_of_channels(each))

    def _uncovered(self) -> list[tuple[str, str]]:
        covers = {(post.id, each.covered_by) for post in self.posts for each in post.absences if each.covered_by}
        posts = {post.id for post in self.posts}
        return sorted((id_, by) for id_, by in covers if by not in posts - {id_})


def _faults_of_channels(who: Reachable) -> tuple[str, ...]:
    """Why it can't be told by each channel by which it can't."""
    return tuple(
        f"channel {n} ({way.channel}): {fault}"
        for n, way in enumerate(who.channels, 1)
        if (fault := address_fault(way.channel, way.value))
    )


class Change(NamedTuple):
    """One thing that a new roster changes."""

    before: Entry | None
    after: Entry

    @property
    def name(self) -> str:
        """Who it is about."""
        return key_of(self.after)

    @property
    def kind(self) -> str:
        """In a word."""
        if isinstance(self.after, Post | Partner) and self.after.until is not None and self.before is not None:
            return "end" if getattr(self.before, "until", None) != self.after.until else "change"
        return "change" if self.before else "register"


def key_of(entry: Entry) -> str:
    """By what an entry is known among its like, and said to be."""
    match entry:
        case Post() | Partner():
            return entry.id
        case Coordinator():
            return f"coordinator of {entry.departement}"
        case Territory():
            return f"territory {entry.departement}"
        case Fallback():
            return "fallback"


def current(known: Iterable[Entry], day: date) -> Roster:
    """All that stands on that day, as one roster."""
    stands = [each for each in known if not isinstance(each, Post | Partner) or each.until is None or day <= each.until]
    return Roster.model_construct(
        posts=tuple(each for each in stands if isinstance(each, Post)),
        coordinators=tuple(each for each in stands if isinstance(each, Coordinator)),
        territories=(),
        fallback=next((each for each in stands if isinstance(each, Fallback)), None),
        partners=tuple(each for each in stands if isinstance(each, Partner)),
    )


def changes(known: Iterable[Entry], wanted: Roster, on: date) -> list[Change]:
    """What must change so that its départements are as this roster says. Posts and partners not in it end."""
    before = {key_of(each): each for each in known}
    after = {key_of(each): _renewed(each, before.get(key_of(each)), on) for each in wanted.entries()}
    gone = [each for key, each in before.items() if key not in after and _may_end(each, wanted, on)]
    ended = [(each, each.ended(on)) for each in gone if isinstance(each, Post | Partner)]
    moved = [(before.get(key), each) for key, each in after.items() if before.get(key) != each]
    return [Change(*each) for each in (*moved, *ended)]


def changes_of_directory(known: Iterable[Entry], wanted: Iterable[Partner], departement: str, on: date) -> list[Change]:
    """What must change so that a directory's partners of a département are these. Those entered by hand stay."""
    before = {each.id: each for each in known if isinstance(each, Partner) and _is_of(each, departement)}
    after = {each.id: each for each in wanted}
    moved = [(before.get(id_), each) for id_, each in after.items() if before.get(id_) != each]
    ended = [(each, each.ended(on)) for id_, each in before.items() if id_ not in after and each.is_listed_on(on)]
    return [Change(*each) for each in (*moved, *ended)]


def _is_of(partner: Partner, departement: str) -> bool:
    return partner.source is not None and partner.departement == departement


def _renewed(entry: Entry, before: Entry | None, on: date) -> Entry:
    return entry.replacing(before if isinstance(before, Post) else None, on) if isinstance(entry, Post) else entry


def _may_end(entry: Entry, wanted: Roster, on: date) -> bool:
    if not isinstance(entry, Post | Partner):
        return False
    if isinstance(entry, Partner) and (wanted.partners is None or entry.source):
        return False
    is_ended = entry.until is not None and entry.until < on
    return not is_ended and entry.departement in wanted.departements()


def _twice(names: Iterable[str]) -> list[str]:
    return [name for name, many in Counter(names).items() if many > 1]
