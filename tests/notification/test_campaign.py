"""Notification killed at every point of a send, again and again; then the whole history is looked at."""

import asyncio
import os
from collections import Counter
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from shared.contracts.events import NotificationFailed, NotificationSent
from shared.contracts.vocabulary import NoticeFailure
from shared.delivery.crash import KILLED
from tests.delivery.hits import HITS
from tests.notification.builders import a_person, a_recipient, a_request, an_assignment, an_end
from tests.notification.provider import Provider
from tests.notification.running import World
from tests.notification.sink import PATIENCE

EXPOSURES = int(os.environ.get("RELAIS_EXPOSURES", "2"))
"""How often each point is hit; `make torture` asks for twenty."""
POINTS = ("in-transaction", "after-commit", "while-publishing", "before-send", "in-send")
SOON = {f"RELAIS_{name}_TIMEOUT": "5" for name in ("SMTP", "SMS", "WEBHOOK", "PUSH")}
DONE = ("sent", "failed", "cancelled", "standby")


class Told:
    """Who was to be told what: an ISCG of her case, a person, and one whose case ended before anything could leave."""

    def __init__(self) -> None:
        self.iscgs: dict[UUID, str] = {}
        self.persons: dict[UUID, tuple[str, str]] = {}
        self.silenced: dict[UUID, str] = {}

    async def ask(self, world: World) -> None:
        """One of each."""
        case_id = uuid4()
        self.iscgs[case_id] = f"iscg-{uuid4().hex[:8]}"
        await world.publish(an_assignment(a_recipient(self.iscgs[case_id])), case_id)
        case_id = uuid4()
        self.persons[case_id] = a_number(), f"holder-{uuid4().hex[:8]}"
        number, holder = self.persons[case_id]
        now = datetime.now(UTC)
        await world.publish(a_request(a_person(value=number), a_recipient(holder), not_before=now), case_id)
        case_id = uuid4()
        self.silenced[case_id] = a_number()
        request = a_request(a_person(value=self.silenced[case_id]), not_before=now + timedelta(seconds=3))
        await world.publish(request, case_id)
        await world.publish(an_end(), case_id)


async def test_kills_at_every_point_lose_nobody_and_tell_no_person_twice(world: World) -> None:
    told, kills = Told(), Counter[str]()
    async with Provider().open() as provider:
        settings = {**SOON, **provider.settings}
        with world.sink.open():
            for n in range(EXPOSURES):
                for point in POINTS:
                    doomed = await world.start(RELAIS_CRASH_POINT=f"{point}:{1 + n % 3}", **settings)
                    await asyncio.gather(*(told.ask(world) for _ in range(2)))
                    async with asyncio.timeout(PATIENCE):
                        assert await doomed.wait() == KILLED, f"{point} was never reached"
                    kills[point] += 1
            async with world.running(**settings):
                await settle(world)
    HITS.update(kills)
    await check_iscgs(world, told)
    await check_persons(world, told, provider)
    assert all(not provider.texts(number) for number in told.silenced.values())


async def settle(world: World) -> None:
    """Until nothing is owed any more and all of it is said."""
    async with asyncio.timeout(4 * PATIENCE):
        while await open_notices(world) or await world.database["unsent"].count_documents({}):
            await asyncio.sleep(0.2)
            await let_time_pass(world)


async def let_time_pass(world: World) -> None:
    """What was hit by many kills waits for minutes: it is due now, as it would be then."""
    now = datetime.now(UTC)
    later = {"due_at": {"$gt": now}, "state": {"$in": ["owed", "unknown"]}, "role": {"$ne": "person"}}
    await world.database["notices"].update_many(later, {"$set": {"due_at": now}})


async def open_notices(world: World) -> int:
    """How many notices are still to be sent."""
    return await world.database["notices"].count_documents({"state": {"$nin": DONE}})


async def check_iscgs(world: World, told: Told) -> None:
    """Each ISCG was told, once for each attempt that a kill broke off at most, and always by the same message."""
    for case_id, ref in told.iscgs.items():
        mails, notice = world.sink.mails(f"{ref}@relais.example"), await world.notice(case_id, "sent")
        assert 1 <= len(mails) <= notice["attempts"]
        assert len({mail["Message-ID"] for mail in mails}) == 1
        assert {type(each) for each in await world.hear(case_id)} == {NotificationSent}


async def check_persons(world: World, told: Told, provider: Provider) -> None:
    """Each person was written to once at most; where that is not certain, whoever holds her case was told so."""
    for case_id, (number, holder) in told.persons.items():
        texts, mails = provider.texts(number), world.sink.mails(f"{holder}@relais.example")
        first = (await world.hear(case_id))[0]
        assert len(texts) <= 1
        if isinstance(first, NotificationFailed):
            assert first.reason is NoticeFailure.UNKNOWN
            assert mails
        else:
            assert len(texts) == 1
            assert not mails


def a_number() -> str:
    """A number that nobody else has."""
    return f"+336{uuid4().int % 10**8:08}"
