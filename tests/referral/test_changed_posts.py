"""What follows a changed post goes on behind the answer, post by post, and one that fails stops no other."""

import asyncio
from collections.abc import Iterable

from services.referral.changed_posts import ChangedPosts
from shared.delivery.periodic import ItemsFailed


class Referral:
    """Notes what is moved and told; what is to move waits until it may."""

    def __init__(self) -> None:
        self.may_move, self.done = asyncio.Event(), list[tuple[str, ...]]()
        self.changed = ChangedPosts(self.move, self.tell)

    async def move(self, post_id: str) -> None:
        await self.may_move.wait()
        self.done.append(("moved", post_id))
        if post_id == "post-2":
            raise ItemsFailed
        if post_id == "post-3":
            raise ZeroDivisionError

    async def tell(self, post_id: str, stations: Iterable[str]) -> None:
        self.done.append(("told", post_id, *stations))


async def test_an_act_does_not_wait_for_what_follows_and_a_failure_stops_nothing() -> None:
    referral = Referral()
    running = asyncio.create_task(referral.changed.run())
    for n in (1, 2, 3, 4):
        referral.changed.add(f"post-{n}", [f"PN-31-000{n}"])
    await asyncio.sleep(0)
    assert referral.done == []
    referral.may_move.set()
    async with asyncio.timeout(10):
        while len(referral.done) < 8:  # noqa: ASYNC110 # nobody tells
            await asyncio.sleep(0)
    running.cancel()
    assert referral.done == [
        each for n in (1, 2, 3, 4) for each in (("moved", f"post-{n}"), ("told", f"post-{n}", f"PN-31-000{n}"))
    ]
    assert not running.done()
    await asyncio.gather(running, return_exceptions=True)
    assert running.cancelled()
