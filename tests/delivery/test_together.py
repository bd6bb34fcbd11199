import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from shared.delivery.cause import Cause
from shared.delivery.decide import decide_each
from shared.delivery.shelf import Key, Tracked
from shared.delivery.together import Act, Together
from shared.delivery.unit import Unit, Work
from tests.delivery.toy import TALLIES, Tally


class Refused(Exception):
    """This act is not possible."""


def an_act(result: Any) -> Act:
    """An act that gives a result, or raises it."""

    def decide(_work: Any) -> Any:
        if isinstance(result, Exception):
            raise result
        return result

    return Act(Cause(uuid4(), datetime.now(UTC)), decide)


@dataclass
class Saved:
    """A database that saves when it is let go."""

    let_go: asyncio.Event = field(default_factory=asyncio.Event)
    units: list[int] = field(default_factory=list)

    async def save(self, acts: Sequence[Act]) -> Sequence[Any]:
        self.units.append(len(acts))
        await self.let_go.wait()
        return [act.decide(None) for act in acts]  # type: ignore[arg-type] # these acts look at nothing


async def test_acts_that_wait_at_the_same_time_share_a_unit() -> None:
    saved = Saved()
    together = Together(saved.save)
    performing = [asyncio.create_task(together.perform(an_act(n))) for n in range(10)]
    await asyncio.sleep(0)
    saved.let_go.set()
    assert await asyncio.gather(*performing) == list(range(10))
    assert saved.units == [1, 9]


async def test_a_refusal_reaches_only_the_one_who_is_refused() -> None:
    saved = Saved()
    together = Together(saved.save)
    results = [1, 2, 3, Refused(), 5]
    performing = [asyncio.create_task(together.perform(an_act(result))) for result in results]
    await asyncio.sleep(0)
    saved.let_go.set()
    ends = await asyncio.gather(*performing, return_exceptions=True)
    assert [type(end) for end in ends] == [int, int, int, Refused, int]


async def test_where_the_database_is_away_everybody_is_told_at_once() -> None:
    tries = 0

    async def save(_acts: Sequence[Act]) -> Sequence[Any]:
        nonlocal tries
        tries += 1
        await asyncio.sleep(0)
        raise OSError

    together = Together(save)
    performing = [asyncio.create_task(together.perform(an_act(n))) for n in range(10)]
    ends = await asyncio.gather(*performing, return_exceptions=True)
    assert [type(end) for end in ends] == [OSError] * 10
    assert tries == 2


async def test_an_act_that_nobody_waits_for_any_more_is_saved_before_the_end() -> None:
    saved = Saved()
    together = Together(saved.save)
    gone = asyncio.create_task(together.perform(an_act(1)))
    await asyncio.sleep(0)
    gone.cancel()
    with pytest.raises(asyncio.CancelledError):
        await gone
    ending = asyncio.create_task(together.end())
    await asyncio.sleep(0)
    assert not ending.done()
    saved.let_go.set()
    await ending
    assert saved.units == [1]


async def test_acts_of_a_busy_time_gather_and_whoever_comes_after_a_rest_does_not_wait() -> None:
    saved = Saved()
    saved.let_go.set()
    together = Together(saved.save, apart=0.05)
    assert await together.perform(an_act(1)) == 1
    assert await asyncio.gather(*(together.perform(an_act(n)) for n in range(5))) == list(range(5))
    await asyncio.sleep(0.1)
    alone = asyncio.create_task(together.perform(an_act(1)))
    for _ in range(3):
        await asyncio.sleep(0)
    assert saved.units == [1, 5, 1]
    await alone


async def test_what_still_waits_for_its_turn_at_the_end_is_saved() -> None:
    saved = Saved()
    saved.let_go.set()
    together = Together(saved.save, apart=60.0)
    await together.perform(an_act(1))
    waiting = asyncio.create_task(together.perform(an_act(2)))
    await asyncio.sleep(0)
    await together.end()
    assert await waiting == 2


async def test_what_nobody_waits_for_gathers_while_it_rests_after_a_long_unit() -> None:
    saved = Saved()
    together = Together(saved.save, rest=True)
    first = asyncio.create_task(together.perform(an_act(0)))
    await asyncio.sleep(0.2)
    saved.let_go.set()
    await first
    later = []
    for n in (1, 2, 3):
        later.append(asyncio.create_task(together.perform(an_act(n))))
        await asyncio.sleep(0.01)
    assert await asyncio.gather(*later) == [1, 2, 3]
    assert saved.units == [1, 3]


def looking_at(id_: str) -> Act:
    """An act that is refused as long as nothing stands under this id."""

    def decide(work: Any) -> Any:
        if (tally := work.get(TALLIES, id_)) is None:
            raise Refused
        return tally

    return Act(Cause(uuid4(), datetime.now(UTC)), decide)


def decide(acts: Sequence[Act], unit: Unit) -> Sequence[Any]:
    return decide_each(unit, acts, lambda act: act.decide(Work(unit, act.cause)))


async def test_all_acts_of_a_unit_say_at_once_what_they_must_look_at() -> None:
    unit, acts = Unit("toy", {}), [looking_at(name) for name in ("one", "two", "three")]
    with pytest.raises(Refused):
        decide(acts, unit)
    assert {id_ for _, id_ in unit.wanted} == {"one", "two", "three"}


async def test_once_all_is_read_a_refusal_is_one() -> None:
    keys: list[Key] = [(TALLIES, name) for name in ("one", "two")]
    unit = Unit("toy", {keys[0]: Tracked(keys[0], Tally()), keys[1]: Tracked(keys[1])})
    assert decide([looking_at("one")], unit) == [Tally()]
    with pytest.raises(Refused):
        decide([looking_at("two"), looking_at("one")], unit)
