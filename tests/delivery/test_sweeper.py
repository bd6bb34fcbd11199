import asyncio

import pytest

from shared.delivery.sweeper import Sweeper


@pytest.mark.parametrize("is_error", [True, False])
async def test_a_sweeper_ends_although_a_library_swallows_its_cancellation(is_error: bool) -> None:
    begun = asyncio.Event()

    async def swallow() -> None:
        begun.set()
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            if is_error:
                raise ValueError from None

    task = asyncio.create_task(Sweeper([swallow], every=0).run())
    await begun.wait()
    task.cancel()
    async with asyncio.timeout(5):
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_a_round_that_fails_is_made_again() -> None:
    rounds = 0

    async def fail() -> None:
        nonlocal rounds
        rounds += 1
        raise OSError

    task = asyncio.create_task(Sweeper([fail], every=0).run())
    while rounds < 3:  # noqa: ASYNC110
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
