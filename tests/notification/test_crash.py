"""Notification killed inside a send: its recipient may get a copy, and never two, and nobody is forgotten."""

import asyncio
from uuid import uuid4

import pytest

from shared.contracts.events import NotificationSent
from shared.delivery.crash import KILLED
from tests.notification.builders import a_recipient, an_assignment
from tests.notification.running import World

POINTS = {
    "in-transaction": 1,
    "after-commit": 1,
    "while-publishing": 1,
    "before-offset-commit": 1,
    "before-send": 1,
    "in-send": 2,
}
"""Where it is killed, and how many mails there may be then."""


@pytest.mark.parametrize(("point", "most"), list(POINTS.items()))
async def test_a_kill_at_any_point_still_tells_the_iscg(world: World, point: str, most: int) -> None:
    case_id, ref = uuid4(), f"iscg-{uuid4().hex[:8]}"
    with world.sink.open():
        doomed = await world.start(RELAIS_CRASH_POINT=point)
        await world.publish(an_assignment(a_recipient(ref)), case_id)
        async with asyncio.timeout(40):
            assert await doomed.wait() == KILLED
        async with world.running():
            await world.sink.wait_for(f"{ref}@relais.example")
            await world.notice(case_id, "sent")
            said = await world.hear(case_id)
    mails = world.sink.mails(f"{ref}@relais.example")
    assert len({mail["Message-ID"] for mail in mails}) == 1
    assert len(mails) <= most
    assert {type(each) for each in said} == {NotificationSent}
    assert len({each.notice_id for each in said}) == 1
