"""A service's unit of work: prepare, decide, save, publish. Lanes, people's acts and ticks all go through it."""

import asyncio
import random
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from shared.delivery.arrival import Arrival
from shared.delivery.cause import Cause
from shared.delivery.clock import Clock
from shared.delivery.crash import CrashPoints
from shared.delivery.decide import decide_each
from shared.delivery.failures import is_conflict, is_infrastructure, is_write_conflict
from shared.delivery.inbox import Inbox
from shared.delivery.outbox import Outbox
from shared.delivery.progress import Progress
from shared.delivery.remembered import Remembered
from shared.delivery.sealing import rows_of
from shared.delivery.shelf import Database, Key, load
from shared.delivery.together import Act, Together
from shared.delivery.transaction import commit
from shared.delivery.unit import Unit, Work
from shared.vault import Owner, Vault
from shared.watch.tasks import Tasks
from shared.watch.traces import Tracing

T = TypeVar("T")
A_MOMENT = (0.005, 0.05)
"""Seconds in which another writer's transaction usually ends."""
APART_FOR_PEOPLE, APART_WHEN_DUE = 0.02, 0.2
"""Seconds between the beginnings of units of work: somebody waits for the answer, or nobody does."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """What one service needs to decide and to say: its database, its keys, its outbox."""

    service: str
    database: Database
    vault: Vault
    outbox: Outbox
    clock: Clock
    tracing: Tracing
    crash: CrashPoints = field(default_factory=CrashPoints)
    after_commit: list[Callable[[Unit], None]] = field(default_factory=list)
    tasks: Tasks = field(default_factory=Tasks)
    sending: set[asyncio.Task[None]] = field(default_factory=set)
    acts: Together = field(init=False)
    due: Together = field(init=False)
    inbox: Inbox = field(init=False)
    sent_up_to: Remembered[int] = field(default_factory=Remembered)

    def __post_init__(self) -> None:
        object.__setattr__(self, "acts", Together(self._perform, APART_FOR_PEOPLE))
        object.__setattr__(self, "due", Together(self._perform, APART_WHEN_DUE, rest=True))
        object.__setattr__(self, "inbox", Inbox(self.database))

    async def perform(
        self, cause: Cause, act: Callable[[Work], T], needs: Iterable[Key] = (), seals: Iterable[Owner] = ()
    ) -> T:
        """Decide about somebody's act and save it. Answers after the commit: whoever acted does not wait for Kafka.

        `act` is pure and may be run again: only its last run counts. What it said is sent meanwhile, or swept up.
        Keys for whom it `seals` are made while it looks, so that nobody waits for one after the other.
        """
        result: T = await self.acts.perform(Act(cause, act, tuple(needs), tuple(seals)))
        return result

    async def perform_due(self, cause: Cause, act: Callable[[Work], T], needs: Iterable[Key] = ()) -> T:
        """The same for what falls due, where nobody waits for an answer: more of it goes together."""
        result: T = await self.due.perform(Act(cause, act, tuple(needs)))
        return result

    async def end(self) -> None:
        """Let what is under way be saved and sent."""
        await asyncio.gather(self.acts.end(), self.due.end())
        await asyncio.gather(*self.sending)

    async def _perform(self, acts: Sequence[Act]) -> Sequence[Any]:
        needed = [key for act in acts for key in act.needs]
        seals = {owner for act in acts for owner in act.seals}

        def decide(unit: Unit) -> Sequence[Any]:
            return decide_each(unit, acts, lambda act: act.decide(Work(unit, act.cause)))

        results, unit = await self.attempt(decide, needed, seals=seals)
        self.publish_soon(unit)
        return results

    async def attempt(
        self,
        decide: Callable[[Unit], T],
        needs: Iterable[Key],
        arrivals: Sequence[Arrival] = (),
        seals: Collection[Owner] = (),
    ) -> tuple[T, Unit]:
        """Prepare, decide and save; again where another writer was first, or where more had to be looked at.

        Arrivals count as new until something fails: only then it is asked whether they are repeats.
        Raises what `decide` raises once all that it looks at is loaded, and what `Progress` raises.
        """
        progress = Progress(set(needs), may_repeat=not arrivals)
        while True:
            unit = await self._prepare(progress, arrivals, seals)
            try:
                result = decide(unit)
            except Exception as error:
                progress.note_failure(unit, error)
                continue
            if unit.wanted:
                progress.look_further(unit)
                continue
            conflict = await self._save(unit)
            if conflict is None:
                self.inbox.note(unit, arrivals)
                return result, unit
            progress.note_conflict(unit, conflict)

    async def publish(self, unit: Unit) -> None:
        """Send what a saved unit of work has said, oldest first. Raises `NotSent` where the broker did not answer."""
        saying, moved = {said.aggregate for said in unit.said}, {each.aggregate: each for each in unit.touched()}
        # Whoever has moved an aggregate has moved its rev: where that is as we left it, nobody has said anything since.
        at_ease = {name for name, each in moved.items() if (self.sent_up_to.get(name) or 0) == each.loaded_rev}
        await self.outbox.send(unit.rows.inserts["outbox"], saying - at_ease)
        for name in saying | at_ease:
            self.sent_up_to.keep(name, moved[name].rev)

    def publish_soon(self, unit: Unit) -> asyncio.Task[None]:
        """Send what was said while the next unit of work is made."""
        sending = asyncio.create_task(self.publish_if_possible(unit))
        self.sending.add(sending)
        sending.add_done_callback(self.sending.discard)
        return sending

    async def publish_if_possible(self, unit: Unit) -> None:
        """Send what was said now if the broker answers; else the sweeper finishes it."""
        try:
            await self.publish(unit)
        except Exception as error:
            if not is_infrastructure(error):
                raise

    async def _prepare(self, progress: Progress, arrivals: Sequence[Arrival], seals: Collection[Owner]) -> Unit:
        """A unit that knows all that is wanted; of that, what was read before is not read again."""
        known = self.inbox.about(arrivals) if progress.may_repeat else self.inbox.before(arrivals)
        missing = load(self.database, progress.wanted - progress.read.keys())
        more, outcomes, keys = await asyncio.gather(missing, known, self.vault.keys_for(seals))
        progress.read.update(more)
        states = {key: each.copy() for key, each in progress.read.items()}
        return Unit(self.service, states, outcomes, keys, seconds_left=progress.seconds_left)

    async def _save(self, unit: Unit) -> Exception | None:
        """Save it; what is returned says that another writer was first, or is at it just now."""
        unit.rows = await rows_of(unit, self.vault, self.clock.now())
        if unit.rows.is_empty():
            return None
        try:
            await commit(self.database, unit.rows, self.crash)
        except Exception as error:
            if not (is_conflict(error) or is_write_conflict(error)):
                raise
            await asyncio.sleep(random.uniform(*A_MOMENT))  # noqa: S311
            return error
        for tell in self.after_commit:
            tell(unit)
        return None
